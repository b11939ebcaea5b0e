# Completion of gitledger for bash 4.4 or later. What is offered is put in as it is: nothing of it is expanded or run here.
_gitledger_offer() {
    local line
    COMPREPLY=()
    # Always the program on the PATH, never the word on the line: pressing a key must not run what lies in a folder.
    while IFS= read -r line; do
        case $line in
            dir,*) compopt -o dirnames 2>/dev/null ;;
            file,*) compopt -o default 2>/dev/null ;;
            plain,*) COMPREPLY+=("${line#plain,}") ;;
        esac
    done < <(env _GITLEDGER_COMPLETE=bash_complete COMP_WORDS="$1" COMP_CWORD="$2" gitledger 2>/dev/null)
}

_gitledger() {
    local IFS=' '
    _gitledger_offer "${COMP_WORDS[*]}" "$COMP_CWORD"
}

# git's own completion calls this for `git ledger`.
_git_ledger() {
    local IFS=' ' at
    for at in "${!COMP_WORDS[@]}"; do
        [[ ${COMP_WORDS[at]} == ledger ]] && break
    done
    _gitledger_offer "${COMP_WORDS[*]:at}" "$((COMP_CWORD - at))"
}

complete -o nosort -F _gitledger gitledger git-ledger
