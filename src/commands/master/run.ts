import { homedir } from 'node:os';
import path from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../lib/base-command.js';
import { clusterFileOf, configFlag } from '../../lib/config-flag.js';
import { logFormats, logLines } from '../../lib/runtime/log-lines.js';
import { runMaster } from '../../lib/runtime/run-master.js';

export default class MasterRun extends BaseCommand<typeof MasterRun> {
  static override enableJsonFlag = false;
  static override summary = "Run a master of bbctl's own until it is stopped.";
  static override description = `It registers in the cluster's database, takes its share of the schedulers and change sources, and takes over those of masters that die. It does not build yet: what its schedulers ask for is built by the Buildbot masters of the cluster.

SIGTERM (or Ctrl-C) stops it in order: its services are handed over, its registrations removed; a second one stops it at once. SIGHUP has it take a changed cluster.yaml over. One line for each thing that happens goes to stdout.`;
  static override examples = [
    '<%= config.bin %> master run',
    '<%= config.bin %> master run --config /srv/bb/cluster.yaml --name blue --log-format json',
  ];
  static override flags = {
    ...configFlag,
    name: Flags.string({ description: 'the key of this master in the file', helpValue: 'KEY' }),
    db: Flags.string({ description: 'another database than the file names', helpValue: 'URL' }),
    'work-dir': Flags.string({
      description: 'where copies of polled repositories are kept',
      helpValue: 'DIR',
      defaultHelp: '~/.local/state/bbctl/masters',
    }),
    'log-format': Flags.string({ description: 'of the log', options: [...logFormats], default: 'text' }),
  };

  async run(): Promise<void> {
    const state = process.env['XDG_STATE_HOME'] || path.join(homedir(), '.local', 'state');
    await runMaster({
      file: clusterFileOf(this.flags),
      key: this.flags.name,
      db: this.flags.db,
      workDir: path.resolve(this.flags['work-dir'] ?? path.join(state, 'bbctl', 'masters')),
      log: logLines(this.flags['log-format'] === 'json' ? 'json' : 'text', (line) => process.stdout.write(`${line}\n`)),
    });
  }
}
