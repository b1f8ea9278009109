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
  static override description = `It registers in the cluster's database, takes its share of the schedulers and change sources, and takes over those of masters that die. What its builders are asked for it builds, as far as they have local workers.

SIGTERM (or Ctrl-C) or SIGUSR1 drains it: its services are handed over, what runs is finished, its registrations removed; a second SIGTERM has its builds end as RETRY, a third kills them. SIGHUP has it take a changed cluster.yaml over. One line for each thing that happens goes to stdout.`;
  static override examples = [
    '<%= config.bin %> master run',
    '<%= config.bin %> master run --config /srv/bb/cluster.yaml --name blue --log-format json',
  ];
  static override flags = {
    ...configFlag,
    name: Flags.string({ description: 'the key of this master in the file', helpValue: 'KEY' }),
    db: Flags.string({ description: 'another database than the file names', helpValue: 'URL' }),
    'work-dir': Flags.string({
      description: 'where local workers build, and copies of polled repositories are kept',
      helpValue: 'DIR',
      defaultHelp: '~/.local/state/bbctl/masters',
    }),
    'pid-file': Flags.string({
      description: 'says which process it is while it runs, for signals to it',
      helpValue: 'FILE',
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
      pidFile: this.flags['pid-file'] === undefined ? null : path.resolve(this.flags['pid-file']),
      log: logLines(this.flags['log-format'] === 'json' ? 'json' : 'text', (line) => process.stdout.write(`${line}\n`)),
    });
  }
}
