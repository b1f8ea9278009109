import * as Args from '@oclif/core/args';
import { BaseCommand } from '../lib/base-command.js';
import { bashScript } from '../lib/completion/bash.js';
import { fishScript } from '../lib/completion/fish.js';
import { grammarOf } from '../lib/completion/grammar.js';
import { zshScript } from '../lib/completion/zsh.js';
import { checks } from '../lib/model/checks/catalogue.js';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
type Shell = keyof typeof scripts;
const shells: readonly Shell[] = ['bash', 'zsh', 'fish'];
const shell = Args.custom<Shell>({ parse: (word) => Promise.resolve(word as Shell) });

export default class Completion extends BaseCommand<typeof Completion> {
  static override summary = 'Print a script by which bash, zsh or fish completes commands, flags and their values.';
  static override examples = [
    'source <(<%= config.bin %> completion bash)    # in ~/.bashrc',
    'source <(<%= config.bin %> completion zsh)     # in ~/.zshrc, after compinit',
    '<%= config.bin %> completion fish | source     # in ~/.config/fish/config.fish',
  ];
  static override enableJsonFlag = false;
  static override args = {
    shell: shell({ options: shells, description: 'which one', required: true }),
  };

  run(): Promise<void> {
    const ids = (some: typeof checks): string[] => some.map((check) => check.id);
    const limited = checks.filter((check) => check.threshold !== undefined);
    const grammar = grammarOf(this.config.commands, { all: ids(checks), limited: ids(limited) });
    process.stdout.write(scripts[this.args.shell](grammar));
    return Promise.resolve();
  }
}
