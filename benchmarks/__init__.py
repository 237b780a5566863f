"""What a unit of work costs, beside the floor of the same run. `make bench`. Figures, not tests: nothing here fails."""
