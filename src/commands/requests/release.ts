import * as Args from '@oclif/core/args';
import { ChangeCommand, wakeFlags } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { releaseRequests } from '../../lib/operations/release-requests.js';

export default class RequestsRelease extends ChangeCommand<typeof RequestsRelease> {
  static override summary = 'Give back requests that a dead master had claimed, so that another one can build them.';
  static override description = `Without ids: every stuck one. A claim of a master that may be running is never released: the request would be built twice.`;
  static override examples = [
    '<%= config.bin %> requests release --dry-run',
    '<%= config.bin %> requests release 1732',
  ];
  static override strict = false;
  static override args = { request: Args.string({ description: 'ids; none means all that are stuck' }) };
  static override flags = wakeFlags;

  async run(): Promise<Report<Step>> {
    return this.change(releaseRequests({ requests: this.words, expireAfter: this.expireAfter }));
  }
}
