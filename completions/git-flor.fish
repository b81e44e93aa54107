# Completion of `git flor` in fish: put it into ~/.config/fish/completions. Commands and options are asked of the command itself.

function __git_flor_commands
    git flor -h 2>/dev/null | string match -rg '^    ([a-z]+) +(.*)' | paste -d '\t' - -
end

function __git_flor_runs
    echo latest
    git flor log --oneline --no-color 2>/dev/null | string split -f1 ' '
end

function __git_flor_options
    set -l words (commandline -opc)
    git flor $words[3] -h 2>/dev/null | string match -r '^    (?:-[a-z], )?--[][a-z-]+' | string match -r -- '--[][a-z-]+' | string replace '[no-]' ''
end

complete -c git -n '__fish_seen_subcommand_from flor; and test (count (commandline -opc)) -eq 2' -f -a '(__git_flor_commands)'
complete -c git -n '__fish_seen_subcommand_from flor; and string match -q -- "-*" (commandline -ct)' -f -a '(__git_flor_options)'
complete -c git -n '__fish_seen_subcommand_from flor; and __fish_seen_subcommand_from show diff checkpoint' -f -a '(__git_flor_runs)'
