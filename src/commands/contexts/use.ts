import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../lib/base-command.js';
import { readContexts, writeContexts } from '../../lib/contexts.js';
import { Failure } from '../../lib/errors.js';

export default class ContextsUse extends BaseCommand<typeof ContextsUse> {
  static override summary = 'Choose the database that is used when none is said.';
  static override examples = ['<%= config.bin %> contexts use production'];
  static override args = { name: Args.string({ description: 'name of the context', required: true }) };

  async run(): Promise<{ current: string }> {
    const { name } = this.args;
    const { contexts } = await readContexts(this.config.configDir);
    if (!contexts[name])
      throw new Failure('notFound', `There is no context "${name}".`, { try: 'See them with "bbctl contexts".' });
    await writeContexts(this.config.configDir, { current: name, contexts });
    this.log(`Context ${name} is used from now on.`);
    return { current: name };
  }
}
