import * as Flags from '@oclif/core/flags';
import { checkFlags } from '../lib/check-flags.js';
import { ClusterCommand } from '../lib/command.js';
import { durationFlag } from '../lib/duration-flag.js';
import { Failure } from '../lib/errors.js';
import { examine } from '../lib/health.js';
import { chosenChecks, limitsOf } from '../lib/model/checks/limits.js';
import { healthStatuses } from '../lib/model/health.js';
import { printable } from '../lib/model/names.js';
import { publishHealth } from '../lib/ui/publish-health.js';

export default class Health extends ClusterCommand<typeof Health> {
  static override summary = 'Say how the cluster is, for cron and monitoring: 0 ok, 1 warning, 2 critical, 3 unknown.';
  static override description = `Whatever happens, an answer comes within --deadline. With --repair it mends what a living master has already declared dead and left unclean, a master that has been silent for --repair-after while another one's heart beats, or one that has been starting, unchanged, for ten minutes; never if all hearts have stopped.`;
  static override examples = [
    '<%= config.bin %> health --format nagios --warning request-waiting=30m',
    '<%= config.bin %> health --format prometheus --output /var/lib/node_exporter/bbctl.prom',
    '<%= config.bin %> health --repair',
  ];
  static override enableJsonFlag = false;
  // Else a word too many is looked for as a command, and that it is none has another status than UNKNOWN.
  static override strict = false;
  static override flags = {
    ...checkFlags,
    format: Flags.option({ options: ['text', 'nagios', 'prometheus', 'json'] as const, default: 'text' as const, description: 'what to print' })(), // prettier-ignore
    output: Flags.string({ description: 'write there instead, whole or not at all', helpValue: 'FILE' }),
    deadline: durationFlag('after which the answer is UNKNOWN', 20, '20s'),
    repair: Flags.boolean({ description: 'mend what may be mended with nobody looking', default: false }),
    'repair-after': durationFlag('silence after which a dead master is mended', 3600, '1h'),
  };

  async run(): Promise<void> {
    const { format, output, only, skip, warning, critical, repair, deadline } = this.flags;
    const limits = limitsOf(warning, critical);
    if (this.words.length > 0) throw new Failure('usage', `Unexpected argument: ${printable(this.words.join(' '))}.`);
    const open = this.openDatabase.bind(this);
    const health = await examine({ open, journalDirectory: () => this.journalDirectory() }, {
      checks: chosenChecks(only, skip),
      limits,
      expireAfter: this.expireAfter,
      inventory: await this.inventory(),
      deadlineMs: Number(deadline) * 1000,
      repairAfter: repair ? Number(this.flags['repair-after']) : null,
    }); // prettier-ignore
    publishHealth(health, { format, output, limits });
    process.exitCode = healthStatuses[health.status];
  }

  /** A statement that hangs must leave time to say so: SQLite's driver keeps even the clock waiting. */
  protected override get timeoutSeconds(): number {
    return Math.min(super.timeoutSeconds, Number(this.flags.deadline) / 2);
  }

  /** Whatever is wrong with the call or with bbctl: monitoring must not take it for the cluster's. */
  protected override statusOf(error: Error): number {
    this.log(`UNKNOWN: ${error.message.split('\n')[0]}`);
    return healthStatuses.unknown;
  }
}
