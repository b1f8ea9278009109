import { ReadCommand } from '../lib/read-command.js';
import { statusOf } from '../lib/ui/views/status.js';
import type { Status } from '../lib/ui/views/status.js';

export default class StatusCommand extends ReadCommand<typeof StatusCommand, Status> {
  static override summary =
    'Show the cluster on one screen: what is wrong comes first, with the command that mends it.';
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status --db postgresql://bb@host/buildbot --json',
  ];

  protected async look(): Promise<Status> {
    const status = statusOf(await this.readCluster(), await this.inventory());
    if (this.jsonEnabled()) return status;
    const { renderStatus } = await import('../lib/ui/views/status-screen.js');
    this.log(renderStatus(status));
    return status;
  }
}
