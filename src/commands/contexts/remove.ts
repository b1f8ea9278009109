import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../lib/base-command.js';
import { readContexts, writeContexts } from '../../lib/contexts.js';
import { Failure } from '../../lib/errors.js';

export default class ContextsRemove extends BaseCommand<typeof ContextsRemove> {
  static override summary = 'Forget the name of a database.';
  static override examples = ['<%= config.bin %> contexts remove production'];
  static override args = { name: Args.string({ description: 'name of the context', required: true }) };

  async run(): Promise<{ removed: string }> {
    const { name } = this.args;
    const { current, contexts } = await readContexts(this.config.configDir);
    if (!contexts[name])
      throw new Failure('notFound', `There is no context "${name}".`, { try: 'See them with "bbctl contexts".' });
    const rest = Object.fromEntries(Object.entries(contexts).filter(([other]) => other !== name));
    await writeContexts(this.config.configDir, {
      ...(current === undefined || current === name ? {} : { current }),
      contexts: rest,
    });
    this.log(`Context ${name} is removed; its database and journal are as they were.`);
    return { removed: name };
  }
}
