#compdef gitledger git-ledger
# Completion of gitledger for zsh. What is offered is data: nothing of it is expanded or run here.

_gitledger() {
    local kind word about
    local -a response words_alone words_about
    response=("${(@f)$(env _GITLEDGER_COMPLETE=zsh_complete COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) gitledger 2>/dev/null)}")
    for kind word about in "${response[@]}"; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain)
                if [[ $about == _ ]]; then
                    words_alone+=("$word")
                else
                    words_about+=("$word:$about")
                fi ;;
        esac
    done
    (( $#words_about )) && _describe -V unsorted words_about -U
    (( $#words_alone )) && compadd -U -V unsorted -a words_alone
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _gitledger "$@"
else
    compdef _gitledger gitledger git-ledger
fi
