-- Portraits stay on record; a file's name is taken out when a later one has taken its place.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON insight_portrait FROM zhike_app;
REVOKE DELETE, TRUNCATE ON insight_portrait FROM zhike_worker;
