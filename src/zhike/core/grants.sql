-- What each database role may do. Applied after every migration, whole and repeatable; read by the
-- compliance officer beside the permission table. The owner (migrations) is not listed: it owns.

GRANT USAGE ON SCHEMA public TO zhike_app, zhike_worker, zhike_sealer, zhike_loader, zhike_auditor, zhike_backup;
GRANT zhike_app TO zhike_worker;

-- The application and its worker: all tables, row-level security below.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO zhike_app, zhike_worker;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO zhike_app, zhike_worker, zhike_loader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO zhike_app, zhike_worker;

-- What is written once and never changed, not by any code of ours.
REVOKE UPDATE, DELETE, TRUNCATE ON core_auditevent, core_parameter FROM zhike_app, zhike_worker;
REVOKE ALL ON core_auditseal, core_auditcheckpoint FROM zhike_app, zhike_worker;
GRANT SELECT ON core_auditseal, core_auditcheckpoint TO zhike_app, zhike_worker;

-- What only a migration writes.
REVOKE INSERT, UPDATE, DELETE ON core_rolereach, core_keycheck, core_sealedcolumn, core_parameterrange,
    django_migrations, django_content_type, auth_permission FROM zhike_app, zhike_worker;

-- The sealer reads the audit and writes the chain.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM zhike_sealer;
GRANT SELECT ON core_auditevent TO zhike_sealer;
GRANT SELECT, INSERT ON core_auditseal, core_auditcheckpoint TO zhike_sealer;

-- The auditor reads the audit, and notes in it that it was verified; a policy of the table refuses anything else.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM zhike_auditor;
GRANT SELECT ON core_auditevent, core_auditseal, core_auditcheckpoint TO zhike_auditor;
GRANT INSERT ON core_auditevent TO zhike_auditor;
GRANT SELECT, USAGE ON SEQUENCE core_auditevent_id_seq TO zhike_auditor; -- also: which numbers were given out

-- A backup reads every table, those made later too, and writes none.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM zhike_backup;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO zhike_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO zhike_backup;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO zhike_backup;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO zhike_backup;

-- Every process holds its keys against the database before it uses them.
GRANT SELECT ON core_keycheck TO zhike_sealer, zhike_auditor, zhike_loader;
