import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ChangeCommand } from '../../lib/change-command.js';
import { durationFlag } from '../../lib/duration-flag.js';
import { followMoves } from '../../lib/follow-moves.js';
import type { Report } from '../../lib/operation.js';
import { moveServices } from '../../lib/operations/move-services.js';
import type { PinStep } from '../../lib/operations/move-services.js';

export default class ServicesMove extends ChangeCommand<typeof ServicesMove> {
  static override summary = "Have schedulers and change sources run on this master of bbctl's own.";
  static override description = `Their holder hands them over by itself: each runs on one master at any moment. They stay there until "bbctl services rebalance", and come back when the master was away. A Buildbot master gives nothing away and can be given nothing.`;
  static override examples = ['<%= config.bin %> services move nightly hourly --to blue'];
  static override strict = false;
  static override args = { service: Args.string({ description: 'whole names or ids of services', required: true }) };
  static override flags = {
    to: Flags.string({ description: 'whole name or id of the master', required: true, helpValue: 'MASTER' }),
    wait: durationFlag('how long to wait until they are there; 0 does not wait', 60, '60s'),
  };

  async run(): Promise<Report<PinStep>> {
    const report = await this.change(moveServices({ services: this.words, to: this.flags.to }));
    const patienceMs = Number(this.flags.wait) * 1000;
    if (report.status !== 'done' || patienceMs === 0) return report;
    const connections = { reading: await this.openDatabase(), writing: await this.openDatabase('write') };
    await followMoves(connections, report.plan.steps, patienceMs);
    this.log('They are there.');
    return report;
  }
}
