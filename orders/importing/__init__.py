"""Orders from CSV files, as they travel: csv_files, grouping, profiles, reading, products, storing; run ties them."""
