"""What is simulated: species, materials, contacts, drives, and one equation per file."""
