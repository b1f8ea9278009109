import * as Flags from '@oclif/core/flags';
import { checkFlags } from '../lib/check-flags.js';
import { ChangeCommand, wakeFlags } from '../lib/change-command.js';
import { checkUp } from '../lib/check-up.js';
import { chosenChecks, limitsOf } from '../lib/model/checks/limits.js';
import type { Finding } from '../lib/model/finding.js';
import type { Report, Step } from '../lib/operation.js';
import { mendFindings } from '../lib/operations/mend-findings.js';
import { chooseMends } from '../lib/ui/choose-mends.js';
import { watchFlag } from '../lib/watch-flag.js';

export default class Doctor extends ChangeCommand<typeof Doctor> {
  static override summary = 'Run every check: what is wrong, what it means, what was seen, and what mends it.';
  static override description = `With --fix it asks which findings are to be mended, and mends them as one change. With --fix --yes it mends all that it can.`;
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --fix',
    '<%= config.bin %> doctor --only clock-skew',
  ];
  static override flags = {
    fix: Flags.boolean({ description: 'mend what can be mended', helpGroup: 'CHANGE', default: false }),
    watch: watchFlag({ exclusive: ['fix'] }),
    ...checkFlags,
    ...wakeFlags,
  };

  async run(): Promise<{ findings: readonly Finding[]; change?: Report<Step> } | undefined> {
    if (!this.flags.fix) return this.watched(() => this.look(), this.flags.watch);
    const { findings } = await this.look();
    const mends = await chooseMends(findings, { all: this.saysYes || this.jsonEnabled() });
    return { findings, change: await this.change(mendFindings(mends, { expireAfter: this.expireAfter })) };
  }

  private async look(): Promise<{ findings: readonly Finding[] }> {
    const { only, skip, warning, critical } = this.flags;
    const options = {
      checks: chosenChecks(only, skip),
      limits: limitsOf(warning, critical),
      expireAfter: this.expireAfter,
      thorough: true,
      inventory: await this.inventory(),
    };
    const { findings } = await checkUp(await this.openDatabase(), options);
    if (this.jsonEnabled()) return { findings };
    const { renderDiagnosis } = await import('../lib/ui/views/doctor.js');
    this.log(renderDiagnosis(findings, options.checks.length));
    return { findings };
  }
}
