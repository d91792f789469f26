-- Keeps personal data out of the log of a PostgreSQL whose settings are not ours, for the roles of roles.sql: statements,
-- their parameters, and details such as "Key (customer_id)=(...)". For a superuser, or whoever may set these.
ALTER ROLE orderflow_app SET log_min_error_statement = 'panic';
ALTER ROLE orderflow_app SET log_error_verbosity = 'terse';
ALTER ROLE orderflow_app SET log_statement = 'none';
ALTER ROLE orderflow_app SET log_min_duration_statement = -1;
ALTER ROLE orderflow_app SET log_min_duration_sample = -1;
ALTER ROLE orderflow_app SET log_transaction_sample_rate = 0;
ALTER ROLE orderflow_owner SET log_min_error_statement = 'panic';
ALTER ROLE orderflow_owner SET log_error_verbosity = 'terse';
ALTER ROLE orderflow_owner SET log_statement = 'none';
ALTER ROLE orderflow_owner SET log_min_duration_statement = -1;
ALTER ROLE orderflow_owner SET log_min_duration_sample = -1;
ALTER ROLE orderflow_owner SET log_transaction_sample_rate = 0;
