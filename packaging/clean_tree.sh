#!/usr/bin/env bash
# packaging/clean_tree.sh [COMMAND…]: what a newcomer meets. Builds a bare Debian 12 in a folder of
# its own, installs make, git and ca-certificates as the README says, clones the repository's HEAD
# and runs each COMMAND there as root (default: `make run` and `make test`), with times.
#
# The package mirror is FUSEBOX_MIRROR if set (a URL with bookworm main), else what this machine's
# apt uses, with its settings for proxies and certificates. Needs root for the chroot.
#
# Nothing outside the folder is written. Mounts live in a mount namespace of their own and die with
# it; the folder is removed at the end in every case, unless FUSEBOX_KEEP=1.
set -euo pipefail

readonly SUITE=bookworm
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
commands=("$@")
((${#commands[@]} > 0)) || commands=("make run" "make test")

main() {
  (($(id -u) == 0)) || die "needs root: chroot and mounts"
  "$repository/packaging/setup.sh" chroot
  workspace=$(mktemp -d "${TMPDIR:-/tmp}/fusebox-clean-tree.XXXXXX")
  root=$workspace/root
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM

  timed "bare Debian 12" bootstrap
  timed "make, git, certificates" inside "export DEBIAN_FRONTEND=noninteractive
    apt-get update -q=2
    apt-get install -q=2 -y make git ca-certificates >/dev/null"
  timed "clone of HEAD" clone
  local command
  for command in "${commands[@]}"; do timed "$command" inside "cd /src/fusebox && $command"; done
  summary
}

# "deb URL RELEASE COMPONENT" for each package source.
sources() {
  if [[ -n ${FUSEBOX_MIRROR:-} ]]; then
    echo "deb $FUSEBOX_MIRROR $SUITE main"
    return
  fi
  # apt's own view, whatever files and formats it was read from; Debian's releases only.
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' |
    grep -E " $SUITE(-updates|-security)? main\$" | sort -u
}

# How this machine's apt reaches its mirror: proxies, certificates, checks of dates.
apt_settings() {
  apt-config dump | grep -E '^Acquire::(http|https|Check-|Retries)[^ ]* "' || true
}

bootstrap() {
  sources >"$workspace/sources.list"
  apt_settings >"$workspace/apt.conf"
  [[ -s $workspace/sources.list ]] || die "apt has no source for $SUITE; set FUSEBOX_MIRROR"
  mmdebstrap --quiet --mode=root --variant=minbase --aptopt="$workspace/apt.conf" \
    "$SUITE" "$root" "$workspace/sources.list"
  cp "$workspace/apt.conf" "$root/etc/apt/apt.conf.d/99host"
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  # Certificates before ca-certificates is installed, for a mirror over https, and after it, for
  # one whose authority is this site's own.
  mkdir -p "$root/etc/ssl/certs" "$root/usr/local/share"
  if [[ -e /etc/ssl/certs/ca-certificates.crt ]]; then
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  fi
  if [[ -d /usr/local/share/ca-certificates ]]; then
    cp -rL /usr/local/share/ca-certificates "$root/usr/local/share/"
  fi
}

clone() {
  mkdir "$root/src"
  git clone -q --no-hardlinks "file://$repository" "$root/src/fusebox"
  chown -R 0:0 "$root/src"
  git -C "$repository" log -1 --format='    %h %s'
}

# One command in the tree, in namespaces of its own: when it ends, its processes and mounts do.
inside() {
  unshare --mount --pid --fork --kill-child bash -euc '
    mount -t proc proc "$1/proc"
    mkdir -p "$1/dev/shm" "$1/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$1/dev/pts"
    exec env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      LANG=C.UTF-8 ${http_proxy:+http_proxy="$http_proxy"} \
      ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} \
      ${JOBS:+JOBS="$JOBS"} chroot "$1" bash -euc "$2"
  ' inside "$root" "$1" </dev/null
}

times=()
timed() {
  local title=$1 started=$SECONDS status
  shift
  echo "== clean tree: $title"
  # After `if` or `||`, bash would go on after a failure half way through a function.
  set +e
  (
    set -e
    "$@"
  )
  status=$?
  set -e
  times+=("$(printf '%5d s  %s' $((SECONDS - started)) "$title")")
  ((status == 0)) || { summary; die "failed: $title"; }
}

summary() {
  echo "== clean tree: times"
  printf '%s\n' "${times[@]}"
}

clean_up() {
  if [[ ${FUSEBOX_KEEP:-} == 1 ]]; then
    echo "clean_tree: kept $root"
  else
    rm -rf --one-file-system "$workspace"
  fi
}

die() {
  echo "clean_tree: $*" >&2
  exit 1
}

main
