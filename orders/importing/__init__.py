"""Orders from CSV files: rows, csv_files, grouping, column_profiles, reading, products, storing; run joins them."""
