-- What a backup asks of the database, in one snapshot. Blocks are parted by an empty line.

-- migrations: Which changes of tables were applied, of every room
SELECT app || '.' || name FROM django_migrations WHERE app = ANY (%s) ORDER BY 1;

-- keys: What tells the keys of this database from those of others
SELECT name, encode(value, 'hex') FROM core_keycheck ORDER BY name;

-- audit: Where the chain of the audit stands
SELECT (SELECT count(*) FROM core_auditevent), coalesce((SELECT max(seq) FROM core_auditseal), 0),
       coalesce((SELECT encode(hash, 'hex') FROM core_auditseal ORDER BY seq DESC LIMIT 1), ''),
       coalesce((SELECT max(size) FROM core_auditcheckpoint), 0);

-- lake: The files that committed loads and runs name, with their digests
SELECT f.path, f.sha256 FROM facts_lakefile f JOIN facts_importbatch b ON b.id = f.batch_id WHERE b.state = 'LOADED'
UNION SELECT r.result_path, r.result_sha256 FROM loyalty_run r WHERE r.result_path <> '' AND r.result_sha256 <> ''
ORDER BY 1;

-- last_run: The run published last, which a restored bank must compute again to the bit
SELECT max(id) FROM loyalty_run WHERE state = 'PUBLISHED' AND published_at = (
    SELECT max(published_at) FROM loyalty_run WHERE state = 'PUBLISHED');
