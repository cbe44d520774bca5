"""Films measured in a microscope: images and orientation maps become grains."""
