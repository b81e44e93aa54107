# Completion of `git flor` in bash: source it after git's own completion, or put it into bash-completion's folder.
# Commands and options are asked of the command itself, names and runs of the index.

_git_flor() {
  local command="" word i
  for ((i = 2; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word != -* ]] && command=$word && break
  done
  local current=${COMP_WORDS[COMP_CWORD]}
  if [[ -z $command ]]; then
    COMPREPLY=($(compgen -W "$(git flor -h 2>/dev/null | sed -n 's/^    \([a-z]*\) .*/\1/p')" -- "$current"))
    return
  fi
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$(git flor "$command" -h 2>/dev/null | grep -oE '^    (-[a-z], )?--[][a-z-]+' | grep -oE -- '--[][a-z-]+' | sed 's/\[no-\]//')" -- "$current"))
    return
  fi
  case $command in
    show | diff | checkpoint)
      COMPREPLY=($(compgen -W "latest $(git flor log --oneline --no-color 2>/dev/null | cut -d' ' -f1)" -- "$current")) ;;
    push | fetch)
      COMPREPLY=($(compgen -W "$(git remote 2>/dev/null)" -- "$current")) ;;
    *)
      COMPREPLY=() ;;
  esac
}
