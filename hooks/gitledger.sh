# gitledger hook, version 1: what the hooks beside this file share. It is read by them and does nothing itself.
#
# A hook first runs the one that was here before it, then does its own work: from the stamp, a small file that
# gitledger keeps up to date, or where that is not enough in Python, which gets a time limit. It never touches the
# index, never evaluates what it reads, and lets git go on whenever something is amiss. See docs/how-to/stamping.md.
#
# shellcheck shell=sh
# shellcheck disable=SC3013 # `-nt` is in dash, busybox, bash, ksh and zsh alike.
# shellcheck disable=SC2034 # The hooks use what read_stamp sets.

# Run the hook that was here before and find our bearings; exit where there is nothing for gitledger to do.
begin() {
    gl_hook=${0##*/}
    gl_hook=${gl_hook%%.*} # The pre-commit framework moves hooks to NAME.legacy.
    if [ "${GITLEDGER_HOOKS-}" = probe ]; then # `gitledger hooks status` asks whether this file runs.
        echo "gitledger hook 1: $gl_hook"
        exit 0
    fi
    gl_fed=''
    case $gl_hook${2-} in commit-msg--stamp) ;; *) chain "$@" ;; esac
    find_folders || exit 0
    clean_path
}

# The hook that was here before gets what git gave us, and its failure is ours.
chain() {
    gl_before=${0%/*}/$gl_hook.before-gitledger
    if [ -f "$gl_before" ] && [ -x "$gl_before" ]; then
        [ "${GITLEDGER_HOOKS-}" != 0 ] || exec "$gl_before" "$@"
        case $gl_hook in
        pre-push | post-rewrite) # What git says on standard input is for both.
            gl_input=$(copy_lines)
            gl_fed=yes
            feed | "$gl_before" "$@" || exit
            ;;
        *) "$gl_before" "$@" || exit ;;
        esac
    fi
    [ "${GITLEDGER_HOOKS-}" != 0 ] || exit 0
}

# Copy standard input without a program that might not be on the PATH.
copy_lines() {
    while IFS= read -r gl_line || [ -n "$gl_line" ]; do printf '%s\n' "$gl_line"; done
}

feed() {
    [ -z "$gl_input" ] || printf '%s\n' "$gl_input" 2>/dev/null
}

# Set git_dir and common, the git folders of this work tree and of the repository, and place, its name there.
find_folders() {
    git_dir=${GIT_DIR:-.git}
    [ -d "$git_dir" ] || git_dir=$(git rev-parse --absolute-git-dir 2>/dev/null) || return 1
    common=$git_dir
    place=main
    if [ -f "$git_dir/commondir" ]; then
        IFS= read -r common <"$git_dir/commondir"
        case $common in /*) ;; *) common=$git_dir/$common ;; esac
        place=linked-${git_dir##*/}
    fi
}

# Take out of the PATH what is relative (it would lead into the work tree), and add where the system's programs are.
clean_path() {
    clean=''
    rest=${PATH-}:
    while [ -n "$rest" ]; do
        case $rest in /*) clean=$clean${rest%%:*}: ;; esac
        rest=${rest#*:}
    done
    PATH=$clean/usr/bin:/bin
    export PATH
}

# Exit where git is moving commits about: they have their stamps, and post-rewrite sees the end of it.
skip_moves() {
    for state in rebase-merge rebase-apply CHERRY_PICK_HEAD REVERT_HEAD; do
        [ ! -e "$git_dir/$state" ] || exit 0
    done
}

# ------------------------------------------------------------------------------ the stamp

# Whether the stamp says how things are; the values are set then. Exits where there is no ledger.
know() {
    find_stamp
    if fits; then
        [ -n "$ledger" ] || exit 0
        return 0
    fi
    has_loose_ledger || has_packed_ledger || exit 0
    return 1
}

# Set stamp to the file for this work tree, session and environment; empty where only Python can make its name.
find_stamp() {
    session=''
    name_session '' "${GITLEDGER_SESSION-}"
    name_session '' "${TASKLEDGER_SESSION_ID-}"
    name_session dsh_ "${DSH_SESSION_ID-}"
    name_session claude_ "${CLAUDE_CODE_SESSION_ID-}"
    name_session codex_ "${CODEX_THREAD_ID-}"
    name_session gemini_ "${GEMINI_SESSION_ID-}"
    name_session gemini_transcript_/ "${GEMINI_TRANSCRIPT_PATH-}"
    name_session qoder_ "${QODER_SESSION_ID-}"
    name_session qoder_transcript_/ "${QODER_TRANSCRIPT_PATH-}"
    name_session kiro_ "${KIRO_SESSION_ID-}"
    name_session copilot_ "${COPILOT_SESSION_ID-}"
    name_session copilot_ "${COPILOT_SESSIONID-}"
    name_session claude_ "${CLAUDE_SESSION_ID-}"
    name_session snow_ "${SNOW_SESSION_ID-}"
    name_session cursor_ "${CURSOR_CONVERSATION_ID-}"
    name_session cursor_ "${CURSOR_CONVERSATIONID-}"
    name_session cursor_transcript_/ "${CURSOR_TRANSCRIPT_PATH-}"
    name_session droid_transcript_/ "${FACTORY_TRANSCRIPT_PATH-}"
    name_session droid_transcript_/ "${DROID_TRANSCRIPT_PATH-}"
    name_session codebuddy_transcript_/ "${CODEBUDDY_TRANSCRIPT_PATH-}"
    stamp=''
    case $session${GITLEDGER_LEDGER-}${GITLEDGER_TASK-} in *[!A-Za-z0-9._-]*) return ;; esac
    case $session in '' | *[!.]*) ;; *) return ;; esac
    [ ${#session} -le 160 ] || return
    stamp=$place${session:+"~s.$session"}${GITLEDGER_LEDGER:+"~l.$GITLEDGER_LEDGER"}${GITLEDGER_TASK:+"~t.$GITLEDGER_TASK"}
    stamp=$common/gitledger/stamp/$stamp
}

# The first one counts. (Of a transcript's path gitledger takes the digest, which the `/` leaves to Python.)
name_session() {
    [ -n "$session" ] || [ -z "$2" ] || session=$1$2
}

read_stamp() {
    v='' python='' package='' branch='' ledger='' task='' uid='' commits='' policy='' trailer_task='' trailer_id=''
    while IFS= read -r line; do
        value=${line#*=}
        case $line in
        v=*) v=$value ;;
        python=*) python=$value ;;
        package=*) package=$value ;;
        branch=*) branch=$value ;;
        ledger=*) ledger=$value ;;
        task=*) task=$value ;;
        uid=*) uid=$value ;;
        commits=*) commits=$value ;;
        policy=*) policy=$value ;;
        trailer_task=*) trailer_task=$value ;;
        trailer_id=*) trailer_id=$value ;;
        esac
    done <"$1"
    [ "$v" = 1 ]
}

# A value with a `%` in it is encoded; no such branch or path is compared here, so that it fits nothing.
fits() {
    [ -r "$stamp" ] && read_stamp "$stamp" && [ -x "$python" ] && [ -f "$package" ] || return 1
    IFS= read -r head <"$git_dir/HEAD" || return 1
    case $head in "ref: refs/heads/"*) head=${head#ref: refs/heads/} ;; *) head='' ;; esac
    [ "$head" = "$branch" ] || return 1
    if [ -f .gitledger.yaml ]; then [ "$policy" = yes ]; else [ "$policy" = no ]; fi || return 1
    [ ! .gitledger.yaml -nt "$stamp" ] && [ ! "$common/config" -nt "$stamp" ] || return 1
    [ -n "$ledger" ] || ! has_loose_ledger
}

has_loose_ledger() {
    set -- "$common"/refs/taskledger/*
    [ -e "$1" ]
}

has_packed_ledger() {
    [ -f "$common/packed-refs" ] && grep -q ' refs/taskledger/' "$common/packed-refs"
}

# ------------------------------------------------------------------------------ Python

# Leave the hook to Python, and exit as it says: with a refusal (3 to 8), else so that git goes on.
hand_over() {
    command=$(git config --get taskledger.command)
    case $command in /*) ;; *) command='' ;; esac
    if [ -f "$command" ] && [ -x "$command" ]; then
        # -P: the work tree is no place to import from. Where gitledger is not installed any more: silence.
        set -- "$command" -P -c 'try:
    import gitledger.githooks.__main__
except ModuleNotFoundError as error:
    if error.name != "gitledger":
        raise' "$gl_hook" "$@"
        GITLEDGER_HOOKS=0
        export GITLEDGER_HOOKS
    else
        command=$(command -v gitledger)
        case $command in /*) ;; *) exit 0 ;; esac
        set -- "$command" hooks run "$gl_hook" -- "$@"
    fi
    case $gl_hook in pre-push) limit=120 ;; post-rewrite) limit=30 ;; *) limit=10 ;; esac
    run_limited "$@"
    code=$?
    case $code in
    0) exit 0 ;;
    [3-8]) exit "$code" ;;
    137 | 143) echo "gitledger: $gl_hook did not end within $limit s and was stopped; git goes on." >&2 ;;
    *) echo "gitledger: $gl_hook failed (exit $code); git goes on." >&2 ;;
    esac
    exit 0
}

# `timeout` is not everywhere, and would put what it runs out of reach of Ctrl-C.
run_limited() {
    exec 3<&0
    if [ -n "$gl_fed" ]; then
        feed | "$@" 3<&- &
    else
        "$@" <&3 3<&- &
    fi
    child=$!
    (
        trap 'kill "$nap"; exit' TERM
        sleep "$limit" &
        nap=$!
        wait "$nap"
        kill -TERM "$child"
        sleep 2
        kill -KILL "$child"
    ) </dev/null >/dev/null 2>&1 3<&- &
    watch=$!
    trap 'kill "$child" "$watch" 2>/dev/null; exit 130' HUP INT TERM
    wait "$child" 2>/dev/null
    set -- $?
    kill "$watch" 2>/dev/null
    return "$1"
}
