import * as Args from '@oclif/core/args';
import { ChangeCommand } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { cancelRequests } from '../../lib/operations/cancel-requests.js';

export default class RequestsCancel extends ChangeCommand<typeof RequestsCancel> {
  static override summary = 'Complete requests as CANCELLED, and their buildsets when they were the last.';
  static override description = `Only requests that nobody builds. Refused for one that a running build waits for: that build would never hear of it.`;
  static override examples = ['<%= config.bin %> requests cancel 1732 1733'];
  static override strict = false;
  static override args = { request: Args.string({ description: 'ids', required: true }) };

  async run(): Promise<Report<Step>> {
    return this.change(cancelRequests({ requests: this.words, expireAfter: this.expireAfter }));
  }
}
