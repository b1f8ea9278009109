import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ReadCommand } from '../lib/read-command.js';
import { readWhy } from '../lib/why.js';
import type { Explained } from '../lib/why.js';

export default class Why extends ReadCommand<typeof Why, { requests: Explained[] }> {
  static override summary =
    'Tell why a build request is not being built: the chain from it to a free worker, and where it breaks.';
  static override examples = [
    '<%= config.bin %> why 1732',
    '<%= config.bin %> why nightly-tests',
    '<%= config.bin %> why --buildset 811',
  ];
  static override args = {
    request: Args.string({ description: 'id of a request, or name of a builder: its oldest pending request' }),
  };
  static override flags = {
    buildset: Flags.string({ description: 'every request of this buildset', helpValue: 'ID' }),
  };

  protected async look(): Promise<{ requests: Explained[] }> {
    const database = await this.openDatabase();
    const requests = await readWhy(database, {
      request: this.args.request,
      buildset: this.flags.buildset,
      expireAfter: this.expireAfter,
    });
    if (this.jsonEnabled()) return { requests };
    const { renderWhy } = await import('../lib/ui/views/why.js');
    for (const { links } of requests) this.log(renderWhy(links));
    return { requests };
  }
}
