"""The command line: finds scenarios, turns their signatures into options, runs them and reports in plain words."""
