import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../scripts/free-port.ts";

/** A registry that serves the image. */
export interface ServedImage {
  /** `localhost:port/bench/debian:1`. */
  reference: string;
  /** The test CA that it is reached with. */
  ca: string;
  /** A key and its certificate for signatures. */
  key: string;
  certificates: string;
  close(): void;
}

const run = (script: string, folder: string): string =>
  execFileSync("sh", ["-ec", script], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/**
 * Debian in three layers, with files removed and replaced above, hard links into a lower layer, extended attributes and
 * a capability; made once, as an OCI layout.
 */
export function debianLayout(folder: string): string {
  const layout = join(folder, "debian-layers");
  if (existsSync(layout)) return layout;
  const work = `${layout}.new`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  console.error("making a Debian image of three layers …");
  run(
    `
    mmdebstrap --quiet --variant=minbase --include=ca-certificates bookworm root.tar
    umoci init --layout l; umoci new --image l:one
    umoci unpack --image l:one b1
    tar xpf root.tar -C b1/rootfs --exclude=./dev/*
    umoci repack --image l:one b1; rm -r b1
    umoci unpack --image l:one b2; cd b2/rootfs
    rm -r usr/share/doc/* usr/share/locale; rm etc/motd; mkdir -p srv/app/data
    cp usr/bin/perl srv/app/tool; ln usr/bin/bash srv/app/shell; ln srv/app/tool srv/app/tool2
    setfattr -n user.note -v bench srv/app/tool; setcap cap_net_raw+ep srv/app/tool
    head -c 8000000 /dev/urandom > srv/app/data/noise; cp -a usr/lib/*-linux-gnu/libc.so.6 srv/app/
    cd ../..; umoci repack --image l:one b2; rm -r b2
    umoci unpack --image l:one b3; cd b3/rootfs
    rm -r usr/share/man; rm srv/app/data/noise; rm -r var/lib/dpkg/info; mkdir var/lib/dpkg/info
    echo new > etc/hostname; cp usr/bin/perl srv/app/data/perl; echo x > 'srv/app/a b'; ln -s ../bin/sh srv/link
    cd ../..; umoci repack --image l:one b3; rm -r b3
    umoci config --image l:one --config.cmd /bin/bash --config.env PATH=/usr/bin:/bin
    umoci gc --layout l
    `,
    work,
  );
  renameSync(join(work, "l"), layout);
  rmSync(work, { recursive: true, force: true });
  return layout;
}

/** A CA for this run alone, a certificate of it for `localhost`, and a key to sign with. */
function makeKeys(folder: string): void {
  const curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
  run(
    `
    openssl req -x509 ${curve} -keyout ca.key -out ca.pem -subj '/CN=test CA, for this run alone' -addext basicConstraints=critical,CA:TRUE 2> log
    openssl req ${curve} -keyout tls.key -out tls.csr -subj /CN=localhost 2>> log
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\n' > san
    openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out tls.pem 2>> log
    openssl req ${curve} -keyout sign.key -out sign.csr -subj '/CN=test signer' 2>> log
    openssl x509 -req -in sign.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out sign.pem 2>> log
    `,
    folder,
  );
}

/** Serves the layout's image from a registry over TLS on loopback, in Docker's media types, which pvr wants. */
export async function serveImage(layout: string, folder: string): Promise<ServedImage> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  makeKeys(folder);
  const port = await freePort();
  const tls = `tls: { certificate: ${folder}/tls.pem, key: ${folder}/tls.key }`;
  const http = `http: { addr: "127.0.0.1:${port}", ${tls} }`;
  writeFileSync(
    join(folder, "registry.yml"),
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${folder}/blobs } }\n${http}\n`,
  );
  const server = spawn("docker-registry", ["serve", join(folder, "registry.yml")], { stdio: "ignore" });
  const reference = `localhost:${port}/bench/debian:1`;
  const words = ["copy", "-q", "-f", "v2s2", "--dest-tls-verify=false", `oci:${layout}:one`, `docker://${reference}`];
  for (let tried = 1; spawnSync("skopeo", words, { stdio: "ignore" }).status !== 0; tried++) {
    if (tried > 20) throw new Error("the registry does not take the image");
    await new Promise((wait) => setTimeout(wait, 250));
  }
  return {
    reference,
    ca: join(folder, "ca.pem"),
    key: join(folder, "sign.key"),
    certificates: join(folder, "sign.pem"),
    close: () => void server.kill(),
  };
}
