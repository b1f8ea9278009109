import { listContexts, quoted } from './grammar.js';
import type { CompletedCommand, Values } from './grammar.js';

/** Does without the package "bash-completion". */
export function bashScript(grammar: readonly CompletedCommand[]): string {
  const paths = grammar.map(({ path }) => path).filter(Boolean);
  return `# Completion of bbctl for bash. In ~/.bashrc: source <(bbctl completion bash)

# Prints what a flag's value may be, one on each line; "file" and "directory" are for bash to complete.
_bbctl_values() {
  case $1 in
${valuesOfFlags(grammar)}
    *) return 1 ;;
  esac
}

_bbctl_words() {
  case $1 in
${grammar.map(({ path, words, operands }) => branch(path, words.length > 0 ? print(words.map(({ word }) => word)) : values(operands))).join('\n')}
  esac
}

_bbctl_flags() {
  case $1 in
${grammar.map(({ path, flags }) => branch(path, print(flags.map(({ word }) => word)))).join('\n')}
  esac
}

${main.replace('PATHS', paths.map(quoted).join(' | '))}`;
}

function valuesOfFlags(grammar: readonly CompletedCommand[]): string {
  const flags = new Map(grammar.flatMap((command) => command.flags).map((flag) => [flag.word, flag.values]));
  return [...flags].flatMap(([word, of]) => (of === null ? [] : [branch(word, values(of))])).join('\n');
}

function branch(pattern: string, body: string): string {
  return `    ${quoted(pattern)}) ${body} ;;`;
}

function values(of: Values): string {
  if (of === 'context') return listContexts;
  if (of === 'free') return ':';
  return typeof of === 'string' ? `echo ${of}` : print(of);
}

function print(words: readonly string[]): string {
  return words.length === 0 ? ':' : `printf '%s\\n' ${words.map((word) => quoted(word)).join(' ')}`;
}

/** Bash splits words at "=" too, unless somebody has taken that out of COMP_WORDBREAKS. */
const main = `_bbctl() {
  local cur=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  local path='' next flag='' isAssigned='' prefix='' words='' word i=1
  COMPREPLY=()
  while ((i < COMP_CWORD)); do
    next=\${path:+$path }\${COMP_WORDS[i]}
    case $next in
      PATHS) path=$next ;;
      *) break ;;
    esac
    i=$((i + 1))
  done
  if [[ $cur == = ]]; then
    flag=$before cur='' isAssigned=1
  elif [[ $before == = ]]; then
    flag=\${COMP_WORDS[COMP_CWORD - 2]} isAssigned=1
  elif [[ $cur == --*=* ]]; then
    flag=\${cur%%=*} prefix=\${cur%%=*}= cur=\${cur#*=} isAssigned=1
  elif [[ $before == -* ]]; then
    flag=$before
  fi
  if [[ -n $flag ]] && words=$(_bbctl_values "$flag"); then
    :
  elif [[ -n $isAssigned ]]; then
    return
  elif [[ $cur == -* ]]; then
    words=$(_bbctl_flags "$path")
  elif ((i == COMP_CWORD)); then
    words=$(_bbctl_words "$path")
  fi
  case $words in
    file) compopt -o default 2>/dev/null; return ;;
    directory) compopt -o dirnames -o filenames 2>/dev/null; return ;;
  esac
  while IFS= read -r word; do
    [[ -n $word && $word == "$cur"* ]] && COMPREPLY+=("$prefix$(printf %q "$word")")
  done <<<"$words"
  if [[ \${COMPREPLY[0]-} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}

complete -F _bbctl bbctl
`;
