"""Orders from CSV files: rows, csv_files, grouping, profiles, reading, products, storing, in this order; see run."""
