"""Orders from CSV files: rows, csv_reading, grouping, column_profiles, reading, products, storing; run joins them."""
