# Completion of gitledger for fish. What is offered is data: nothing of it is expanded or run here.
function __gitledger_offer
    set -l response (env _GITLEDGER_COMPLETE=fish_complete COMP_WORDS=(commandline -cp | string collect) COMP_CWORD=(commandline -ct | string collect) gitledger 2>/dev/null)
    for line in $response
        set -l kind (string split -m 1 -- , $line)
        switch $kind[1]
            case dir
                __fish_complete_directories (commandline -ct)
            case file
                __fish_complete_path (commandline -ct)
            case plain
                printf '%s\n' $kind[2]
        end
    end
end

complete --no-files --keep-order --command gitledger --arguments '(__gitledger_offer)'
complete --no-files --keep-order --command git-ledger --arguments '(__gitledger_offer)'
