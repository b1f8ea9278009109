import { listContexts, quoted } from './grammar.js';
import type { CompletedCommand, CompletedFlag, Values } from './grammar.js';

/** For zsh with its own completion system; to be sourced, or put into $fpath as "_bbctl". */
export function zshScript(grammar: readonly CompletedCommand[]): string {
  const paths = grammar.map(({ path }) => path).filter(Boolean);
  return `#compdef bbctl
# Completion of bbctl for zsh. In ~/.zshrc, after compinit: source <(bbctl completion zsh)

_bbctl_contexts() {
  local -a names
  names=(\${(f)"$(${listContexts})"})
  compadd -a names
}

_bbctl() {
  local line='' next i=2
  local -a words_next operands flags
  while (( i < CURRENT )); do
    next=\${line:+$line }$words[i]
    case $next in
      (${paths.map(quoted).join('|')}) line=$next ;;
      (*) break ;;
    esac
    (( i++ ))
  done
  case $line in
${grammar.map(branch).join('\n')}
  esac
  if (( i == CURRENT && $#words_next )) && [[ $words[CURRENT] != -* ]]; then
    _describe -t commands command words_next
    return
  fi
  shift $(( i - 2 )) words
  (( CURRENT -= i - 2 ))
  _arguments -S : $flags $operands
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _bbctl "$@"; else compdef _bbctl bbctl; fi
`;
}

function branch({ path, words, flags, operands }: CompletedCommand): string {
  const next = words.map(({ word, summary }) => quoted(`${word}:${summary}`));
  return `    (${quoted(path)})
      words_next=(${next.join(' ')})
      operands=(${operands === 'free' ? '' : quoted(`*:argument:${action(operands)}`)})
      flags=(
        ${flags.map(spec).map(quoted).join('\n        ')}
      ) ;;`;
}

/** As `_arguments` wants it. */
function spec({ word, summary, values, isRepeatable }: CompletedFlag): string {
  const text = summary.replaceAll('[', '(').replaceAll(']', ')');
  const start = isRepeatable ? '*' : '';
  return values === null ? `${start}${word}[${text}]` : `${start}${word}=[${text}]:value:${action(values)}`;
}

function action(values: Values): string {
  if (values === 'file') return '_files';
  if (values === 'directory') return '_files -/';
  if (values === 'context') return '_bbctl_contexts';
  if (values === 'free') return ' ';
  const [first = ''] = values;
  if (first.endsWith('=')) return `{compadd -S "=" -- ${values.map((word) => word.slice(0, -1)).join(' ')}}`;
  return `(${values.join(' ')})`;
}
