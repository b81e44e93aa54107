# Completion of `git flor` in bash, through the completion that comes with git, which calls _git_flor. Keep this file as git-flor in
# ~/.local/share/bash-completion/completions, or source it: source <(git flor completion bash)

_git_flor() {
  local i from=$((${__git_cmd_idx:-0} + 1)) line text quoted word=$cur quote="" break_at=""
  if [[ -z ${__git_cmd_idx:-} || $__git_cmd_idx == 0 ]]; then
    for ((i = 1; i < cword; i++)); do
      [[ ${words[i]} == flor ]] && from=$((i + 1)) && break
    done
  fi
  # What readline takes for a word begins behind the last = or : of it.
  for ((i = 0; i < ${#cur}; i++)); do
    [[ ${cur:i:1} == [=:] && $COMP_WORDBREAKS == *"${cur:i:1}"* ]] && break_at=$((i + 1))
  done
  # Behind a quote that is still open, readline puts what stands in it, and closes it.
  [[ $cur == [\'\"]* ]] && quote=${cur:0:1} word=${cur:1} break_at=""
  COMPREPLY=()
  local files=""
  while IFS= read -r line; do
    [[ $line == :files ]] && files=1 && continue
    text=${line%%$'\t'*}
    if [[ -n $quote ]]; then
      [[ $quote == '"' ]] && text=${text//\\/\\\\} && text=${text//\"/\\\"} && text=${text//\$/\\\$} && text=${text//\`/\\\`}
      COMPREPLY+=("$text")
      continue
    fi
    printf -v quoted '%q' "${text:${break_at:-0}}"
    COMPREPLY+=("$quoted ")
  done < <(git "${__git_C_args[@]}" ${__git_dir:+--git-dir="$__git_dir"} flor complete -- "${words[@]:from:cword-from}" "$word" 2>/dev/null)
  # Without candidates git's completion goes on to files, which is right for some places only.
  [[ -z $files && ${#COMPREPLY[@]} == 0 ]] && compopt +o default +o bashdefault 2>/dev/null
  return 0
}
