import * as Args from '@oclif/core/args';
import { ChangeCommand } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { finishBuilds } from '../../lib/operations/finish-builds.js';

export default class BuildsFinish extends ChangeCommand<typeof BuildsFinish> {
  static override summary = 'End, as RETRY, builds that no living master will end.';
  static override description = `Without ids: every abandoned one. Their open steps and logs end with them. Their requests stay claimed; "requests release" gives them back.`;
  static override examples = ['<%= config.bin %> builds finish --dry-run', '<%= config.bin %> builds finish 4711'];
  static override strict = false;
  static override args = {
    build: Args.string({ description: 'ids (not the numbers within a builder); none means all that are abandoned' }),
  };

  async run(): Promise<Report<Step>> {
    return this.change(finishBuilds({ builds: this.words, expireAfter: this.expireAfter }));
  }
}
