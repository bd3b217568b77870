# fish completion for apex: /usr/share/fish/vendor_completions.d/apex.fish
function __apex_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c apex -f -a '(__apex_complete)'
