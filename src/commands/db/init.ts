import * as Flags from '@oclif/core/flags';
import { ClusterCommand } from '../../lib/command.js';
import { newestRevision, revisions } from '../../lib/db/creation/tables.js';
import { initDatabase, renderInitialization } from '../../lib/init-database.js';
import type { Initialization } from '../../lib/init-database.js';
import { presenterFor } from '../../lib/ui/presenter.js';

export default class DbInit extends ClusterCommand<typeof DbInit> {
  static override summary = "Make Buildbot's tables in an empty database, as Buildbot itself makes them.";
  static override description = `Masters of Buildbot and of bbctl can start on it. A Buildbot starts on the revision of its own version alone: 067 is for Buildbot 4.3, 059 for Buildbot 3.4 to 3.8. "buildbot upgrade-master" brings it to the revision of a newer one.

An SQLite file is made if it is not there, in WAL mode and with the permissions that the umask gives, as Buildbot does: run it as the user that the masters will run as. On a server the database must be there, and its user needs CREATE. On MySQL and MariaDB the tables are InnoDB, unless the URL says otherwise (?storage_engine=MyISAM); without that option Buildbot itself makes MyISAM.

A database with any table of Buildbot's is refused. All of it is made or nothing; on MySQL, where that cannot be, run it again to go on where it broke off. It is not kept in the journal: there is nothing to undo.`;
  static override examples = [
    '<%= config.bin %> db init --db sqlite:////srv/bb/state.sqlite',
    '<%= config.bin %> db init --db postgresql://bb@db1/buildbot --revision 059 --yes',
  ];
  static override flags = {
    revision: Flags.option({
      description: 'of the tables: 067 for Buildbot 4.3, 059 for 3.4 to 3.8',
      options: revisions,
      default: newestRevision,
    })(),
    force: Flags.boolean({ description: 'also beside tables of another application', default: false }),
    'dry-run': Flags.boolean({ description: 'show what would be made and make nothing', default: false }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }),
  };

  async run(): Promise<Initialization> {
    const { revision, force, 'dry-run': dryRun, yes } = this.flags;
    const options = { revision, besideOthers: force, timeoutMs: Math.round(this.timeoutSeconds * 1000) };
    const presenter = await presenterFor({ json: this.jsonEnabled(), yes, typed: null });
    const result = await initDatabase(await this.location(), options, { presenter, dryRun });
    this.log(renderInitialization(result));
    return result;
  }
}
