-- Two Buildbot 3.7.0 masters on one database; "blue" was ended by kill -9 while it held the services and ran a build.
-- The tables are Buildbot's own. The rows are those of test/fixtures/3.7.0/pg/1-after-kill9-not-expired.full.sql, with the
-- masters renamed, without log lines and properties. create.js moves the times.
BEGIN;
CREATE TABLE buildsets (
	id INTEGER NOT NULL, 
	external_idstring VARCHAR(256), 
	reason VARCHAR(256), 
	submitted_at INTEGER NOT NULL, 
	complete SMALLINT DEFAULT '0' NOT NULL, 
	complete_at INTEGER, 
	results SMALLINT, 
	parent_buildid INTEGER, 
	parent_relationship TEXT, 
	PRIMARY KEY (id), 
	CONSTRAINT parent_buildid FOREIGN KEY(parent_buildid) REFERENCES builds (id) ON DELETE SET NULL
);
CREATE INDEX buildsets_submitted_at ON buildsets (submitted_at);
CREATE INDEX buildsets_complete ON buildsets (complete);
CREATE TABLE changesources (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	name_hash VARCHAR(40) NOT NULL, 
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX changesource_name_hash ON changesources (name_hash);
CREATE TABLE workers (
	id INTEGER NOT NULL, 
	name VARCHAR(50) NOT NULL, 
	info TEXT NOT NULL, 
	paused SMALLINT DEFAULT '0' NOT NULL, 
	graceful SMALLINT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX workers_name ON workers (name);
CREATE TABLE patches (
	id INTEGER NOT NULL, 
	patchlevel INTEGER NOT NULL, 
	patch_base64 TEXT NOT NULL, 
	patch_author TEXT NOT NULL, 
	patch_comment TEXT NOT NULL, 
	subdir TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE schedulers (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	name_hash VARCHAR(40) NOT NULL, 
	enabled SMALLINT DEFAULT '1', 
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX scheduler_name_hash ON schedulers (name_hash);
CREATE TABLE builders (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT, 
	name_hash VARCHAR(40) NOT NULL, 
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX builder_name_hash ON builders (name_hash);
CREATE TABLE tags (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	name_hash VARCHAR(40) NOT NULL, 
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX tag_name_hash ON tags (name_hash);
CREATE TABLE objects (
	id INTEGER NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	class_name VARCHAR(128) NOT NULL, 
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX object_identity ON objects (name, class_name);
CREATE TABLE users (
	uid INTEGER NOT NULL, 
	identifier VARCHAR(255) NOT NULL, 
	bb_username VARCHAR(128), 
	bb_password VARCHAR(128), 
	PRIMARY KEY (uid)
);
CREATE UNIQUE INDEX users_identifier ON users (identifier);
CREATE UNIQUE INDEX users_bb_user ON users (bb_username);
CREATE TABLE masters (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	name_hash VARCHAR(40) NOT NULL, 
	active INTEGER NOT NULL, 
	last_active INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX master_name_hashes ON masters (name_hash);
CREATE TABLE buildrequests (
	id INTEGER NOT NULL, 
	buildsetid INTEGER NOT NULL, 
	builderid INTEGER NOT NULL, 
	priority INTEGER DEFAULT '0' NOT NULL, 
	complete INTEGER DEFAULT '0', 
	results SMALLINT, 
	submitted_at INTEGER NOT NULL, 
	complete_at INTEGER, 
	waited_for SMALLINT DEFAULT '0', 
	PRIMARY KEY (id), 
	FOREIGN KEY(buildsetid) REFERENCES buildsets (id) ON DELETE CASCADE, 
	FOREIGN KEY(builderid) REFERENCES builders (id) ON DELETE CASCADE
);
CREATE INDEX buildrequests_builderid ON buildrequests (builderid);
CREATE INDEX buildrequests_buildsetid ON buildrequests (buildsetid);
CREATE INDEX buildrequests_complete ON buildrequests (complete);
CREATE TABLE builds (
	id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	builderid INTEGER NOT NULL, 
	buildrequestid INTEGER NOT NULL, 
	workerid INTEGER, 
	masterid INTEGER NOT NULL, 
	started_at INTEGER NOT NULL, 
	complete_at INTEGER, 
	state_string TEXT NOT NULL, 
	results INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(builderid) REFERENCES builders (id) ON DELETE CASCADE, 
	CONSTRAINT buildrequestid FOREIGN KEY(buildrequestid) REFERENCES buildrequests (id) ON DELETE CASCADE, 
	FOREIGN KEY(workerid) REFERENCES workers (id) ON DELETE SET NULL, 
	FOREIGN KEY(masterid) REFERENCES masters (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX builds_number ON builds (builderid, number);
CREATE INDEX builds_buildrequestid ON builds (buildrequestid);
CREATE INDEX builds_workerid ON builds (workerid);
CREATE INDEX builds_masterid ON builds (masterid);
CREATE TABLE buildset_properties (
	buildsetid INTEGER NOT NULL, 
	property_name VARCHAR(256) NOT NULL, 
	property_value TEXT NOT NULL, 
	FOREIGN KEY(buildsetid) REFERENCES buildsets (id) ON DELETE CASCADE
);
CREATE INDEX buildset_properties_buildsetid ON buildset_properties (buildsetid);
CREATE TABLE changesource_masters (
	changesourceid INTEGER NOT NULL, 
	masterid INTEGER NOT NULL, 
	PRIMARY KEY (changesourceid), 
	FOREIGN KEY(changesourceid) REFERENCES changesources (id) ON DELETE CASCADE, 
	FOREIGN KEY(masterid) REFERENCES masters (id) ON DELETE CASCADE
);
CREATE TABLE connected_workers (
	id INTEGER NOT NULL, 
	masterid INTEGER NOT NULL, 
	workerid INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(masterid) REFERENCES masters (id) ON DELETE CASCADE, 
	FOREIGN KEY(workerid) REFERENCES workers (id) ON DELETE CASCADE
);
CREATE INDEX connected_workers_masterid ON connected_workers (masterid);
CREATE UNIQUE INDEX connected_workers_identity ON connected_workers (masterid, workerid);
CREATE INDEX connected_workers_workers ON connected_workers (workerid);
CREATE TABLE sourcestamps (
	id INTEGER NOT NULL, 
	ss_hash VARCHAR(40) NOT NULL, 
	branch VARCHAR(256), 
	revision VARCHAR(256), 
	patchid INTEGER, 
	repository VARCHAR(512) DEFAULT '' NOT NULL, 
	codebase VARCHAR(256) DEFAULT '' NOT NULL, 
	project VARCHAR(512) DEFAULT '' NOT NULL, 
	created_at INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(patchid) REFERENCES patches (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX sourcestamps_ss_hash_key ON sourcestamps (ss_hash);
CREATE TABLE scheduler_masters (
	schedulerid INTEGER NOT NULL, 
	masterid INTEGER NOT NULL, 
	PRIMARY KEY (schedulerid), 
	FOREIGN KEY(schedulerid) REFERENCES schedulers (id) ON DELETE CASCADE, 
	FOREIGN KEY(masterid) REFERENCES masters (id) ON DELETE CASCADE
);
CREATE TABLE builder_masters (
	id INTEGER NOT NULL, 
	builderid INTEGER NOT NULL, 
	masterid INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(builderid) REFERENCES builders (id) ON DELETE CASCADE, 
	FOREIGN KEY(masterid) REFERENCES masters (id) ON DELETE CASCADE
);
CREATE INDEX builder_masters_builderid ON builder_masters (builderid);
CREATE UNIQUE INDEX builder_masters_identity ON builder_masters (builderid, masterid);
CREATE INDEX builder_masters_masterid ON builder_masters (masterid);
CREATE TABLE builders_tags (
	id INTEGER NOT NULL, 
	builderid INTEGER NOT NULL, 
	tagid INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(builderid) REFERENCES builders (id) ON DELETE CASCADE, 
	FOREIGN KEY(tagid) REFERENCES tags (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX builders_tags_unique ON builders_tags (builderid, tagid);
CREATE INDEX builders_tags_builderid ON builders_tags (builderid);
CREATE TABLE test_names (
	id INTEGER NOT NULL, 
	builderid INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(builderid) REFERENCES builders (id) ON DELETE CASCADE
);
CREATE INDEX test_names_name ON test_names (builderid, name);
CREATE TABLE test_code_paths (
	id INTEGER NOT NULL, 
	builderid INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(builderid) REFERENCES builders (id) ON DELETE CASCADE
);
CREATE INDEX test_code_paths_path ON test_code_paths (builderid, path);
CREATE TABLE object_state (
	objectid INTEGER NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	value_json TEXT NOT NULL, 
	FOREIGN KEY(objectid) REFERENCES objects (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX name_per_object ON object_state (objectid, name);
CREATE TABLE users_info (
	uid INTEGER NOT NULL, 
	attr_type VARCHAR(128) NOT NULL, 
	attr_data VARCHAR(128) NOT NULL, 
	FOREIGN KEY(uid) REFERENCES users (uid) ON DELETE CASCADE
);
CREATE UNIQUE INDEX users_info_uid_attr_type ON users_info (uid, attr_type);
CREATE UNIQUE INDEX users_info_attrs ON users_info (attr_type, attr_data);
CREATE INDEX users_info_uid ON users_info (uid);
CREATE TABLE buildrequest_claims (
	brid INTEGER NOT NULL, 
	masterid INTEGER NOT NULL, 
	claimed_at INTEGER NOT NULL, 
	FOREIGN KEY(brid) REFERENCES buildrequests (id) ON DELETE CASCADE, 
	FOREIGN KEY(masterid) REFERENCES masters (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX buildrequest_claims_brids ON buildrequest_claims (brid);
CREATE INDEX ix_buildrequest_claims_masterid ON buildrequest_claims (masterid);
CREATE TABLE build_properties (
	buildid INTEGER NOT NULL, 
	name VARCHAR(256) NOT NULL, 
	value TEXT NOT NULL, 
	source VARCHAR(256) NOT NULL, 
	FOREIGN KEY(buildid) REFERENCES builds (id) ON DELETE CASCADE
);
CREATE INDEX build_properties_buildid ON build_properties (buildid);
CREATE TABLE build_data (
	id INTEGER NOT NULL, 
	buildid INTEGER NOT NULL, 
	name VARCHAR(256) NOT NULL, 
	value BLOB NOT NULL, 
	length INTEGER NOT NULL, 
	source VARCHAR(256) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(buildid) REFERENCES builds (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX build_data_buildid_name ON build_data (buildid, name);
CREATE TABLE steps (
	id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	name VARCHAR(50) NOT NULL, 
	buildid INTEGER NOT NULL, 
	started_at INTEGER, 
	complete_at INTEGER, 
	state_string TEXT NOT NULL, 
	results INTEGER, 
	urls_json TEXT NOT NULL, 
	hidden SMALLINT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(buildid) REFERENCES builds (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX steps_number ON steps (buildid, number);
CREATE INDEX steps_started_at ON steps (started_at);
CREATE UNIQUE INDEX steps_name ON steps (buildid, name);
CREATE TABLE configured_workers (
	id INTEGER NOT NULL, 
	buildermasterid INTEGER NOT NULL, 
	workerid INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(buildermasterid) REFERENCES builder_masters (id) ON DELETE CASCADE, 
	FOREIGN KEY(workerid) REFERENCES workers (id) ON DELETE CASCADE
);
CREATE INDEX configured_workers_buildmasterid ON configured_workers (buildermasterid);
CREATE INDEX configured_workers_workers ON configured_workers (workerid);
CREATE UNIQUE INDEX configured_workers_identity ON configured_workers (buildermasterid, workerid);
CREATE TABLE changes (
	changeid INTEGER NOT NULL, 
	author VARCHAR(255) NOT NULL, 
	committer VARCHAR(255), 
	comments TEXT NOT NULL, 
	branch VARCHAR(255), 
	revision VARCHAR(255), 
	revlink VARCHAR(256), 
	when_timestamp INTEGER NOT NULL, 
	category VARCHAR(255), 
	repository VARCHAR(512) DEFAULT '' NOT NULL, 
	codebase VARCHAR(256) DEFAULT '' NOT NULL, 
	project VARCHAR(512) DEFAULT '' NOT NULL, 
	sourcestampid INTEGER NOT NULL, 
	parent_changeids INTEGER, 
	PRIMARY KEY (changeid), 
	FOREIGN KEY(sourcestampid) REFERENCES sourcestamps (id) ON DELETE CASCADE, 
	FOREIGN KEY(parent_changeids) REFERENCES changes (changeid) ON DELETE SET NULL
);
CREATE INDEX changes_revision ON changes (revision);
CREATE INDEX changes_when_timestamp ON changes (when_timestamp);
CREATE INDEX changes_category ON changes (category);
CREATE INDEX changes_author ON changes (author);
CREATE INDEX changes_branch ON changes (branch);
CREATE INDEX changes_sourcestampid ON changes (sourcestampid);
CREATE TABLE buildset_sourcestamps (
	id INTEGER NOT NULL, 
	buildsetid INTEGER NOT NULL, 
	sourcestampid INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(buildsetid) REFERENCES buildsets (id) ON DELETE CASCADE, 
	FOREIGN KEY(sourcestampid) REFERENCES sourcestamps (id) ON DELETE CASCADE
);
CREATE INDEX buildset_sourcestamps_buildsetid ON buildset_sourcestamps (buildsetid);
CREATE UNIQUE INDEX buildset_sourcestamps_unique ON buildset_sourcestamps (buildsetid, sourcestampid);
CREATE TABLE logs (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	slug VARCHAR(50) NOT NULL, 
	stepid INTEGER NOT NULL, 
	complete SMALLINT NOT NULL, 
	num_lines INTEGER NOT NULL, 
	type VARCHAR(1) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(stepid) REFERENCES steps (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX logs_slug ON logs (stepid, slug);
CREATE TABLE change_files (
	changeid INTEGER NOT NULL, 
	filename VARCHAR(1024) NOT NULL, 
	FOREIGN KEY(changeid) REFERENCES changes (changeid) ON DELETE CASCADE
);
CREATE INDEX change_files_changeid ON change_files (changeid);
CREATE TABLE change_properties (
	changeid INTEGER NOT NULL, 
	property_name VARCHAR(256) NOT NULL, 
	property_value TEXT NOT NULL, 
	FOREIGN KEY(changeid) REFERENCES changes (changeid) ON DELETE CASCADE
);
CREATE INDEX change_properties_changeid ON change_properties (changeid);
CREATE TABLE change_users (
	changeid INTEGER NOT NULL, 
	uid INTEGER NOT NULL, 
	FOREIGN KEY(changeid) REFERENCES changes (changeid) ON DELETE CASCADE, 
	FOREIGN KEY(uid) REFERENCES users (uid) ON DELETE CASCADE
);
CREATE INDEX change_users_changeid ON change_users (changeid);
CREATE TABLE scheduler_changes (
	schedulerid INTEGER NOT NULL, 
	changeid INTEGER NOT NULL, 
	important INTEGER, 
	FOREIGN KEY(schedulerid) REFERENCES schedulers (id) ON DELETE CASCADE, 
	FOREIGN KEY(changeid) REFERENCES changes (changeid) ON DELETE CASCADE
);
CREATE INDEX scheduler_changes_changeid ON scheduler_changes (changeid);
CREATE UNIQUE INDEX scheduler_changes_unique ON scheduler_changes (schedulerid, changeid);
CREATE INDEX scheduler_changes_schedulerid ON scheduler_changes (schedulerid);
CREATE TABLE test_result_sets (
	id INTEGER NOT NULL, 
	builderid INTEGER NOT NULL, 
	buildid INTEGER NOT NULL, 
	stepid INTEGER NOT NULL, 
	description TEXT, 
	category TEXT NOT NULL, 
	value_unit TEXT NOT NULL, 
	tests_passed INTEGER, 
	tests_failed INTEGER, 
	complete SMALLINT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(builderid) REFERENCES builders (id) ON DELETE CASCADE, 
	FOREIGN KEY(buildid) REFERENCES builds (id) ON DELETE CASCADE, 
	FOREIGN KEY(stepid) REFERENCES steps (id) ON DELETE CASCADE
);
CREATE TABLE logchunks (
	logid INTEGER NOT NULL, 
	first_line INTEGER NOT NULL, 
	last_line INTEGER NOT NULL, 
	content BLOB, 
	compressed SMALLINT NOT NULL, 
	FOREIGN KEY(logid) REFERENCES logs (id) ON DELETE CASCADE
);
CREATE INDEX logchunks_firstline ON logchunks (logid, first_line);
CREATE INDEX logchunks_lastline ON logchunks (logid, last_line);
CREATE TABLE test_results (
	id INTEGER NOT NULL, 
	builderid INTEGER NOT NULL, 
	test_result_setid INTEGER NOT NULL, 
	test_nameid INTEGER, 
	test_code_pathid INTEGER, 
	line INTEGER, 
	duration_ns INTEGER, 
	value TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(builderid) REFERENCES builders (id) ON DELETE CASCADE, 
	FOREIGN KEY(test_result_setid) REFERENCES test_result_sets (id) ON DELETE CASCADE, 
	FOREIGN KEY(test_nameid) REFERENCES test_names (id) ON DELETE CASCADE, 
	FOREIGN KEY(test_code_pathid) REFERENCES test_code_paths (id) ON DELETE CASCADE
);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version (version_num) VALUES
  ('059');
INSERT INTO masters (id, name, name_hash, active, last_active) VALUES
  (1, 'ci1:/srv/buildbot/blue', '45aec3f950d06077cb4b3c67e8f905b44a0e0e0d', 1, 1795277603),
  (2, 'ci2:/srv/buildbot/green', 'f48ee32b107ffcdfb01d3e3915c96ae3b0ab0555', 1, 1795277845);
INSERT INTO builders (id, name, description, name_hash) VALUES
  (1, 'beta', 'the slow one', 'a295e0bdde1938d1fbfd343e5a3e569e868e1465'),
  (2, 'alpha', NULL, 'be76331b95dfc399cd776d2fc68021e0db03cc4f');
INSERT INTO tags (id, name, name_hash) VALUES
  (1, 'slow', '57e8a7776d6892a83f2a49678f8141f4fb883e62'),
  (2, 'fast', '0afde56699db99c43c6254d81ccc16fbb7096ad3');
INSERT INTO builders_tags (id, builderid, tagid) VALUES
  (3, 2, 2),
  (4, 1, 1);
INSERT INTO builder_masters (id, builderid, masterid) VALUES
  (1, 1, 1),
  (2, 2, 1),
  (3, 2, 2),
  (4, 1, 2);
INSERT INTO workers (id, name, info, paused, graceful) VALUES
  (1, 'w2', '{}', 0, 0),
  (2, 'w1', '{}', 0, 0);
INSERT INTO configured_workers (id, buildermasterid, workerid) VALUES
  (1, 1, 1),
  (2, 2, 1),
  (3, 1, 2),
  (4, 2, 2),
  (5, 3, 2),
  (6, 4, 2),
  (7, 3, 1),
  (8, 4, 1);
INSERT INTO connected_workers (id, masterid, workerid) VALUES
  (1, 1, 2),
  (2, 2, 1);
INSERT INTO schedulers (id, name, name_hash, enabled) VALUES
  (1, 'nightly', 'd7900bba317ad99099d2eada13744f977b2966ea', 1),
  (2, 'trig', '0ee669056cde1d2eb84e8839dd2e78a5865350fe', 1),
  (3, 'force', 'fafec1e5ff94390c631054d24bd289e8951e151e', 1),
  (4, 'periodic', '3b93f0f4f20f277af5cc852cabaf7adefb11aa1b', 1),
  (5, 'main', 'b28b7af69320201d1cf206ebf28373980add1451', 1),
  (6, 'any', 'c5fe0200d1c7a5139bd18fd22268c4ca8bf45e90', 1);
INSERT INTO scheduler_masters (schedulerid, masterid) VALUES
  (1, 1),
  (2, 1),
  (3, 1),
  (4, 1),
  (5, 1),
  (6, 1);
INSERT INTO changesources (id, name, name_hash) VALUES
  (1, 'file:///srv/git/project.git', '885e07de3f731403f894cffc4180bddd29977064'),
  (2, 'PBChangeSource:None', '50dc25ec34aca4aa2dda681c938f2f3d900641c8');
INSERT INTO changesource_masters (changesourceid, masterid) VALUES
  (1, 1),
  (2, 1);
INSERT INTO objects (id, name, class_name) VALUES
  (1, 'file:///srv/git/project.git', 'buildbot.changes.gitpoller.GitPoller'),
  (2, 'file:///srv/git/project.git', 'GitPoller'),
  (3, 'PBChangeSource:None', 'buildbot.changes.pb.PBChangeSource'),
  (4, 'nightly', 'buildbot.schedulers.timed.Nightly'),
  (5, 'nightly', 'Nightly'),
  (6, 'trig', 'buildbot.schedulers.triggerable.Triggerable'),
  (7, 'force', 'buildbot.schedulers.forcesched.ForceScheduler'),
  (8, 'periodic', 'buildbot.schedulers.timed.Periodic'),
  (9, 'periodic', 'Periodic'),
  (10, 'main', 'buildbot.schedulers.basic.SingleBranchScheduler'),
  (11, 'any', 'buildbot.schedulers.basic.AnyBranchScheduler'),
  (13, 'w2', 'buildbot.worker.base.Worker'),
  (14, 'w1', 'buildbot.worker.base.Worker');
INSERT INTO object_state (objectid, name, value_json) VALUES
  (2, 'lastRev', '{"refs/heads/feature/x": "05246928cf82e2e5951a13ed2e919e2db463c151", "refs/heads/main": "26fcf7edd10406a9ad988f633bfde7e42080667e"}'),
  (9, 'last_build', '1795277543.613303');
INSERT INTO sourcestamps (id, ss_hash, branch, revision, patchid, repository, codebase, project, created_at) VALUES
  (1, '835fccf6db3694afb48c380997024542c0bc162d', NULL, NULL, NULL, '', '', '', 1795277543),
  (2, '2a750737544472b7bec6ffdab6bbd3e2f44ff87d', '', '', NULL, '', '', '', 1795277590);
INSERT INTO buildsets (id, external_idstring, reason, submitted_at, complete, complete_at, results, parent_buildid, parent_relationship) VALUES
  (1, NULL, 'The Periodic scheduler named ''periodic'' triggered this build', 1795277543, 1, 1795277549, 0, NULL, NULL),
  (2, NULL, 'A build was forced by ''Lab <lab@example.invalid>'': lab', 1795277590, 1, 1795277595, 0, NULL, NULL),
  (3, NULL, 'A build was forced by ''Lab <lab@example.invalid>'': lab', 1795277591, 0, NULL, -1, NULL, NULL),
  (4, NULL, 'A build was forced by ''Lab <lab@example.invalid>'': lab', 1795277591, 1, 1795277591, 0, NULL, NULL),
  (5, NULL, 'A build was forced by ''Lab <lab@example.invalid>'': lab', 1795277591, 1, 1795277616, 0, NULL, NULL);
INSERT INTO buildset_sourcestamps (id, buildsetid, sourcestampid) VALUES
  (1, 1, 1),
  (2, 2, 2),
  (3, 3, 2),
  (4, 4, 2),
  (5, 5, 2);
INSERT INTO buildrequests (id, buildsetid, builderid, priority, complete, results, submitted_at, complete_at, waited_for) VALUES
  (1, 1, 2, 0, 1, 0, 1795277543, 1795277549, 0),
  (2, 2, 1, 0, 1, 0, 1795277590, 1795277595, 0),
  (3, 3, 1, 0, 0, -1, 1795277591, NULL, 0),
  (4, 4, 1, 0, 1, 3, 1795277591, 1795277591, 0),
  (5, 5, 1, 0, 1, 0, 1795277591, 1795277616, 0);
INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES
  (1, 1, 1795277549),
  (2, 2, 1795277590),
  (3, 1, 1795277591),
  (4, 1, 1795277591),
  (5, 2, 1795277595);
INSERT INTO builds (id, number, builderid, buildrequestid, workerid, masterid, started_at, complete_at, state_string, results) VALUES
  (1, 1, 2, 1, 2, 1, 1795277549, 1795277549, 'build successful', 0),
  (2, 1, 1, 2, 1, 2, 1795277590, 1795277595, 'build successful', 0),
  (3, 2, 1, 3, 2, 1, 1795277591, NULL, 'building', NULL),
  (4, 3, 1, 5, 1, 2, 1795277595, 1795277616, 'build successful', 0);
INSERT INTO steps (id, number, name, buildid, started_at, complete_at, state_string, results, urls_json, hidden) VALUES
  (1, 0, 'worker_preparation', 1, 1795277549, 1795277549, 'worker w1 ready', 0, '[]', 0),
  (2, 1, 'git', 1, 1795277549, 1795277549, 'update', 0, '[]', 0),
  (3, 2, 'hello', 1, 1795277549, 1795277549, '''sh -c ...''', 0, '[]', 0),
  (4, 3, 'setproperty', 1, 1795277549, 1795277549, 'property ''stamp'' set', 0, '[]', 0),
  (5, 0, 'worker_preparation', 2, 1795277590, 1795277590, 'worker w2 ready', 0, '[]', 0),
  (6, 1, 'sleepy', 2, 1795277590, 1795277595, '''sh -c ...''', 0, '[]', 0),
  (7, 0, 'worker_preparation', 3, 1795277591, 1795277591, 'worker w1 ready', 0, '[]', 0),
  (8, 1, 'sleepy', 3, 1795277591, NULL, 'running', NULL, '[]', 0),
  (9, 2, 'string_download', 2, 1795277595, 1795277595, 'downloading to note.txt', 0, '[]', 0),
  (10, 3, 'upload', 2, 1795277595, 1795277595, 'uploading note.txt', 0, '[]', 0),
  (11, 4, 'last', 2, 1795277595, 1795277595, '''cat note.txt''', 0, '[]', 0),
  (12, 0, 'worker_preparation', 4, 1795277596, 1795277596, 'worker w2 ready', 0, '[]', 0),
  (13, 1, 'sleepy', 4, 1795277596, 1795277616, '''sh -c ...''', 0, '[]', 0),
  (14, 2, 'string_download', 4, 1795277616, 1795277616, 'downloading to note.txt', 0, '[]', 0),
  (15, 3, 'upload', 4, 1795277616, 1795277616, 'uploading note.txt', 0, '[]', 0),
  (16, 4, 'last', 4, 1795277616, 1795277616, '''cat note.txt''', 0, '[]', 0);
INSERT INTO logs (id, name, slug, stepid, complete, num_lines, type) VALUES
  (1, 'stdio', 'stdio', 2, 1, 79, 's'),
  (2, 'stdio', 'stdio', 3, 1, 18, 's'),
  (3, 'stdio', 'stdio', 4, 1, 14, 's'),
  (4, 'property changes', 'property_changes', 4, 1, 1, 't'),
  (5, 'stdio', 'stdio', 6, 1, 18, 's'),
  (6, 'stdio', 'stdio', 8, 0, 31, 's'),
  (7, 'stdio', 'stdio', 9, 1, 1, 's'),
  (8, 'stdio', 'stdio', 10, 1, 2, 's'),
  (9, 'stdio', 'stdio', 11, 1, 14, 's'),
  (10, 'stdio', 'stdio', 13, 1, 33, 's'),
  (11, 'stdio', 'stdio', 14, 1, 1, 's'),
  (12, 'stdio', 'stdio', 15, 1, 2, 's'),
  (13, 'stdio', 'stdio', 16, 1, 14, 's');
COMMIT;
