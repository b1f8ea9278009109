import path from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../lib/base-command.js';
import { readContexts, writeContexts } from '../../lib/contexts.js';
import { parseDatabaseUrl } from '../../lib/db/url.js';
import { Failure } from '../../lib/errors.js';

export default class ContextsAdd extends BaseCommand<typeof ContextsAdd> {
  static override summary = 'Give a database a name; the first one is used when none is said.';
  static override examples = [
    '<%= config.bin %> contexts add production --db postgresql://bb@db1/buildbot --password-file ~/.bb-password',
  ];
  static override args = { name: Args.string({ description: 'how to call it', required: true }) };
  static override flags = {
    db: Flags.string({ description: 'database URL', required: true, helpValue: 'URL' }),
    'password-file': Flags.string({ description: 'file with the password', helpValue: 'FILE' }),
    'journal-dir': Flags.string({
      description: 'where changes are journaled: a shared folder where several people administer',
      helpValue: 'DIR',
    }),
    config: Flags.string({ description: 'cluster.yaml: what the cluster is meant to have', helpValue: 'FILE' }),
  };

  async run(): Promise<{ name: string; database: string }> {
    const { name } = this.args;
    const { db, 'password-file': passwordFile, 'journal-dir': journalDir, config } = this.flags;
    const location = parseDatabaseUrl(db);
    const { current = name, contexts } = await readContexts(this.config.configDir);
    if (contexts[name])
      throw new Failure('refused', `There is a context "${name}" already.`, {
        try: `Remove it first: "bbctl contexts remove ${name}".`,
      });
    const files = {
      ...(passwordFile ? { passwordFile: path.resolve(passwordFile) } : {}),
      ...(config ? { config: path.resolve(config) } : {}),
      ...(journalDir ? { journalDir: path.resolve(journalDir) } : {}),
    };
    // A relative path would mean another file in another folder.
    const url = location.engine === 'sqlite' ? location.label : db;
    await writeContexts(this.config.configDir, { current, contexts: { ...contexts, [name]: { db: url, ...files } } });
    this.log(`Context ${name} is ${location.label}.`);
    return { name, database: location.label };
  }
}
