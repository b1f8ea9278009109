import { listContexts, quoted } from './grammar.js';
import type { CompletedCommand, CompletedFlag, Values } from './grammar.js';

/** For fish 3 and newer. */
export function fishScript(grammar: readonly CompletedCommand[]): string {
  const paths = grammar.map(({ path }) => path).filter(Boolean);
  return `# Completion of bbctl for fish. In ~/.config/fish/config.fish: bbctl completion fish | source

# The command that is typed already.
function __bbctl_path
    set -l path
    set -l words (commandline -opc)
    for word in $words[2..-1]
        contains -- (string join ' ' -- $path $word) ${paths.map(quoted).join(' ')}
        or break
        set -a path $word
    end
    string join ' ' -- $path
end

function __bbctl_is
    set -l path (__bbctl_path)
    test "$path" = "$argv"
end

# Is the word after the command typed now?
function __bbctl_is_only
    set -l words (commandline -opc)
    __bbctl_is $argv; and test (string join ' ' -- $words[2..-1] | string collect --allow-empty) = "$argv"
end

complete -c bbctl -f
${grammar.flatMap(lines).join('\n')}
`;
}

function lines({ path, words, flags, operands }: CompletedCommand): string[] {
  const only = `-n ${quoted(`__bbctl_is_only ${path}`.trimEnd())}`;
  const start = `complete -c bbctl -n ${quoted(`__bbctl_is ${path}`.trimEnd())}`;
  return [
    ...words.map(({ word, summary }) => `complete -c bbctl ${only} -a ${quoted(word)} -d ${fishWord(summary)}`),
    ...(operands === 'free' ? [] : [`complete -c bbctl ${only} ${valuesOf(operands)}`]),
    ...flags.map((flag) => `${start} ${flagOf(flag)} -d ${fishWord(flag.summary)}`),
  ];
}

function flagOf({ word, values }: CompletedFlag): string {
  const name = word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`;
  return values === null ? name : `${name} -r ${valuesOf(values)}`.trimEnd();
}

function valuesOf(values: Values): string {
  if (values === 'file') return '-F';
  if (values === 'free') return '-f';
  if (values === 'directory') return `-f -a '(__fish_complete_directories (commandline -ct))'`;
  return `-f -a ${values === 'context' ? fishWord(`(${listContexts})`) : quoted(values.join(' '))}`;
}

/** In fish a backslash has a meaning between quotes. */
function fishWord(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
