import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ClusterCommand } from '../lib/command.js';
import { grantsFor } from '../lib/grants.js';
import type { GrantsAnswer } from '../lib/grants.js';
import { userClasses } from '../lib/model/privileges.js';
import type { UserClass } from '../lib/model/privileges.js';
import { renderGrants } from '../lib/ui/views/grants.js';

export default class Grants extends ClusterCommand<typeof Grants> {
  static override summary = 'Print the SQL that gives a database user just the rights it needs: to read, repair, forget, or run a master.'; // prettier-ignore
  static override description = `Nothing is granted: an administrator of the database pastes it. It fits the tables that are there: grant again after an upgrade of Buildbot. "forget" is to repair, and also to forget, rename and restore; --with-index takes the owner of the tables. "run" is for masters of bbctl's own. On SQLite it says which files must be readable and writable.`;
  static override examples = [
    '<%= config.bin %> grants read',
    '<%= config.bin %> grants repair --user ops',
    '<%= config.bin %> grants read --user nagios --host 10.0.0.7 --json',
  ];
  static override args = {
    class: Args.string({ description: 'what the user is for', options: [...userClasses], default: 'read' }),
  };
  static override flags = {
    user: Flags.string({ description: 'name of the user [default: bbctl_read and so on]', helpValue: 'NAME' }),
    host: Flags.string({ description: 'where it connects from, on MySQL [default: %]', helpValue: 'HOST' }),
  };

  async run(): Promise<GrantsAnswer> {
    const { user, host } = this.flags;
    const userClass = this.args.class as UserClass;
    const grants = await grantsFor(await this.openDatabase(), { userClass, user, host });
    this.log(renderGrants(grants));
    return grants;
  }
}
