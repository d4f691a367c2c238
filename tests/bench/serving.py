# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the benches between with-link's namespaces share: nginx, and a run's circumstances."""
import contextlib
import os
import platform
import subprocess
import sys
import time

PORT = 8080  # in a namespace of its own
ROUND_TRIP_MS = {"near": 0, "far": 50}
NGINX = """
user root;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
  types {{ audio/ogg ogg opus; audio/mpeg mp3; audio/flac flac; application/x-bittorrent torrent; }}
  log_format counted '$msec $status $bytes_sent $body_bytes_sent $http_range $request_uri';
  access_log {log};
  sendfile on;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen {port}; root {root}; }}
}}
"""


def inside(namespace, *words):
    return ["ip", "netns", "exec", os.environ[namespace], *words]


@contextlib.contextmanager
def nginx(folder, root, address, log=None):
    """Serves `root` until the block ends; `log`: the file that counts each request."""
    config = os.path.join(folder, "nginx.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(NGINX.format(folder=folder, port=PORT, root=root,
                                log=f"{log} counted" if log else "off"))
    server = subprocess.Popen(inside("TRIAD_SERVER_NS", "nginx", "-c", config, "-p", folder))
    try:
        await_answer(server, address)
        yield
    finally:
        server.terminate()
        server.wait()


def await_answer(server, address):
    probe = inside("TRIAD_CLIENT_NS", sys.executable, "-c",
                   f"import socket; socket.create_connection(('{address}', {PORT}), 1)")
    for _ in range(100):
        if subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("nginx does not answer")


def first_line(*command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         check=False)
    return run.stdout.splitlines()[0] if run.stdout else ""


def circumstances():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return {"date": time.strftime("%Y-%m-%d"),
            "processor": f"{len(models)} x {models[0]}" if models else platform.machine(),
            "nginx": first_line("nginx", "-v"),
            "triad": first_line("git", "describe", "--always", "--dirty")}
