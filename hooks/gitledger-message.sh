# gitledger hook, version 1: what commit-msg and prepare-commit-msg do with a message. It is read by them.
#
# shellcheck shell=sh
# shellcheck disable=SC2154 # gitledger.sh sets what is not set here.

newline='
'

# What decides which lines of a message git will take for comments.
read_settings() {
    comment='#' cleanup=''
    settings=$(git config --get-regexp '^(core\.comment(char|string)|commit\.cleanup)$')
    while IFS= read -r line; do
        case $line in
        core.comment*' '*) comment=${line#* } ;;
        commit.cleanup' '*) cleanup=${line#* } ;;
        esac
    done <<END
$settings
END
    # Without an editor (git says so by GIT_EDITOR=:) lines like `#42 mend it` are kept, unless git is told otherwise.
    [ "${GIT_EDITOR-}" != : ] || [ -n "$cleanup" ] || cleanup=whitespace
    [ "$comment" = auto ] || return 0
    # Git chose one that begins no line of the message; its own lines come last.
    comment='#'
    while IFS= read -r line; do
        case $line in
        ?' ------------------------ >8 ------------------------') return ;;
        [\#\;@!\$%^\&\|:]*) comment=${line%"${line#?}"} ;;
        esac
    done <"$1"
}

# Set first, the first line that counts (to git, a message of blanks, comments and sign-offs is empty); body, all of
# them; stamped and asked, whether our trailers are there; kept, whether first only looks like a comment; open, whether the
# last line has no end.
read_message() {
    read_settings "$1"
    first='' body='' stamped='' asked='' kept='' block='' open=''
    while IFS= read -r line || { [ -n "$line" ] && open=yes; }; do
        line=${line%"${line##*[![:space:]]}"}
        case $line in
        '' | 'Signed-off-by: '*) continue ;;
        "$comment ------------------------ >8 ------------------------") break ;;
        "$comment") block=yes ;; # Only what git itself writes below a message has such a line.
        "$comment"*) [ -n "$first$kept" ] || kept=$line ;;
        *)
            [ -n "$first" ] || first=$line
            body=$body$line$newline
            case $line in
            "$trailer_id:"*"${uid:-?}"*) stamped=yes ;;
            "$trailer_task:"*"${task:-?}"*) asked=yes ;;
            esac
            ;;
        esac
    done <"$1"
    case $block$cleanup in whitespace | verbatim | scissors) ;; *) kept='' ;; esac
    first=${kept:-$first}
}

# An untouched template makes git give up the commit; with trailers added it would not notice.
remember_template() {
    template=$common/gitledger/template-$place
    if [ "$2" = template ] && [ -d "$common/gitledger" ]; then
        trailer_id='' uid='' trailer_task='' task=''
        read_message "$1"
        printf '%s' "$body" >"$template"
    elif [ -s "$template" ]; then
        : >"$template"
    fi
}

is_template() {
    [ -s "$common/gitledger/template-$place" ] && [ "$body" = "$(copy_lines <"$common/gitledger/template-$place")$newline" ]
}

# Add the trailers of the stamp to the message file $1.
stamp_message() {
    [ -n "$uid" ] || [ -f "$git_dir/SQUASH_MSG" ] || return 0
    read_message "$1"
    [ -n "$first" ] && ! is_template || return 0
    if [ -z "$asked" ]; then
        [ ! -e "$git_dir/MERGE_HEAD" ] && [ "${1##*/}" != MERGE_MSG ] || return 0
        case $first in 'fixup! '* | 'squash! '* | 'amend! '* | 'Revert "'* | 'Reapply "'*) return 0 ;; esac
    fi
    message=$1
    [ -z "$open" ] || echo >>"$message"
    [ ! -f "$git_dir/SQUASH_MSG" ] || stamp_squashed
    [ -z "$uid" ] || [ -n "$stamped" ] || add_trailers "$task" "$uid"
}

# `git merge --squash` lists the commits that it makes one: that one belongs to all their tasks.
stamp_squashed() {
    number=''
    while IFS= read -r line; do
        line=${line%"${line##*[![:space:]]}"}
        case $line in
        "    $trailer_task: "*) number=${line##*: } ;;
        "    $trailer_id: "*)
            line=${line##*: }
            case ${#line}$number$line in
            *[!0-9a-z-]*) ;;
            36task-*) add_trailers "$number" "$line" ;;
            esac
            number=''
            ;;
        esac
    done <"$git_dir/SQUASH_MSG"
}

# Let git add the trailers of task number $1 and uid $2, without those that the user's own settings would add each time it is asked.
add_trailers() {
    [ -z "$kept" ] || comment=$(printf '\001') # What is kept is no comment to put trailers above.
    GIT_DIR=/dev/null GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_COUNT=0 GIT_CONFIG_PARAMETERS='' \
        HOME=/dev/null XDG_CONFIG_HOME=/dev/null \
        git -c "core.commentChar=$comment" interpret-trailers --in-place \
        --where end --if-exists addIfDifferent --if-missing add \
        --trailer "$trailer_task=$1" --trailer "$trailer_id=$2" "$message" ||
        echo "gitledger: the commit message could not be stamped." >&2
}
