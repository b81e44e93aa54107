# Completion of `git flor` in fish: keep this file in ~/.config/fish/completions.

function __git_flor_complete
    set -l words (commandline -opc)
    set -l at (contains -i -- flor $words)
    set -l behind $words[(math $at + 1)..-1]
    # A quote that is still open is none of the word.
    set -l word (string replace -r '^["\']' '' -- (commandline -ct))
    for line in (git flor complete -- $behind $word 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end

complete -c git -n '__fish_seen_subcommand_from flor' -f -k -a '(__git_flor_complete)'
complete -c git -n __fish_use_subcommand -f -a flor -d 'Multiversion hindsight logging'
