-- The passwords of the roles in roles.sql, from the environment: for psql.
\getenv app_password DATABASE_PASSWORD
\getenv owner_password DATABASE_OWNER_PASSWORD
ALTER ROLE orderflow_app PASSWORD :'app_password';
ALTER ROLE orderflow_owner PASSWORD :'owner_password';
