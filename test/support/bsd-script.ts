/**
 * A shell script that takes the command line of script(1) on macOS and FreeBSD, `script -q -t 0 <file> <command>...`, and nothing else, and makes the terminal by the one of
 * util-linux. It stands in for systems that we do not test on. (There `-q` writes no lines of its own around the copy; here it does.)
 */
export const BSD_SCRIPT = String.raw`
if [ "$1 $2 $3" != "-q -t 0" ] || [ $# -lt 5 ]; then
  echo "script: illegal option" >&2
  echo "usage: script [-aeFkpqr] [-t time] [file [command ...]]" >&2
  exit 1
fi
shift 3
file=$1
shift
line=
for word; do
  line="$line '$(printf %s "$word" | sed "s/'/'\\\\''/g")'"
done
SHELL=/bin/sh exec /usr/bin/script -qefc "$line" "$file"
`
