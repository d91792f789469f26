-- The roles of Orderflow's database: orderflow_owner migrates, orderflow_app is what every process runs as
-- (docs/decisions/0013-database-roles.md). For an administrator, in that database; safe to repeat. Passwords are given
-- apart. What an earlier version left to another owner goes over to orderflow_owner.

DO $$
DECLARE
    powerful text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'orderflow_owner') THEN
        CREATE ROLE orderflow_owner;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'orderflow_app') THEN
        CREATE ROLE orderflow_app;
    END IF;
    ALTER ROLE orderflow_owner LOGIN;
    ALTER ROLE orderflow_app LOGIN;
    SELECT string_agg(rolname, ', ') INTO powerful FROM pg_roles
    WHERE rolname IN ('orderflow_owner', 'orderflow_app')
        AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls);
    IF powerful IS NOT NULL THEN
        RAISE EXCEPTION 'a role of Orderflow may do more than it should: %', powerful
            USING HINT = 'ALTER ROLE ... NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
    END IF;
END
$$;

DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC, orderflow_owner, orderflow_app', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO orderflow_owner, orderflow_app', current_database());
END
$$;

ALTER SCHEMA public OWNER TO orderflow_owner;

REVOKE ALL ON SCHEMA public FROM PUBLIC, orderflow_app;

GRANT USAGE ON SCHEMA public TO orderflow_app;

-- Sequences of columns go with their tables; what belongs to an extension stays.
DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT format(
            'ALTER %s public.%I OWNER TO orderflow_owner',
            CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
            relname
        )
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'v', 'm')
            AND relowner <> 'orderflow_owner'::regrole
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
                    AND (deptype = 'e' OR relkind = 'S' AND deptype IN ('a', 'i'))
            )
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO orderflow_owner', pg_proc.oid::regprocedure)
        FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND proowner <> 'orderflow_owner'::regrole
            AND NOT EXISTS (
                SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'
            )
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;

-- Not TRUNCATE, which the triggers that keep ledger and invoices from change do not see.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, orderflow_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO orderflow_app;

GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO orderflow_app;

ALTER DEFAULT PRIVILEGES FOR ROLE orderflow_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO orderflow_app;

ALTER DEFAULT PRIVILEGES FOR ROLE orderflow_owner IN SCHEMA public GRANT SELECT, USAGE ON SEQUENCES TO orderflow_app;
