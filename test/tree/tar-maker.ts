/** A tar written field by field, so that tests do not depend on the writer that they test. */
export interface MemberSpec {
  name: string | Uint8Array;
  type?: string;
  magic?: string;
  mode?: number;
  uid?: number;
  size?: number;
  link?: string;
  content?: string | Uint8Array;
  /** Bytes put over the finished header, before its sum is made. */
  raw?: Record<number, readonly number[]>;
}

/** Two blocks of zeros. */
export const endMark: Uint8Array = new Uint8Array(1024);

/** Header and padded content. */
export function member(spec: MemberSpec): Uint8Array {
  const { name, type = "0", magic = "ustar\x0000", mode = 0o644, uid = 0, link = "", raw = {} } = spec;
  const content = Buffer.from(spec.content ?? "");
  const size = spec.size ?? content.length;
  const block = Buffer.alloc(512 + Math.ceil(content.length / 512) * 512);
  Buffer.from(name).copy(block, 0, 0, 100);
  block.write(mode.toString(8).padStart(7, "0"), 100);
  block.write(uid.toString(8).padStart(7, "0"), 108);
  block.write("0000000", 116);
  block.write(size.toString(8).padStart(11, "0"), 124);
  block.write("00000000000", 136);
  block.write(type, 156, "latin1");
  block.write(link, 157);
  block.write(magic, 257, "latin1");
  for (const [at, bytes] of Object.entries(raw)) Buffer.from(bytes).copy(block, Number(at));
  block.write("        ", 148);
  const sum = block.subarray(0, 512).reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  content.copy(block, 512);
  return block;
}

/** An extended header before a member. */
export function pax(
  records: Readonly<Record<string, string | Uint8Array>> | readonly (readonly [string, string])[],
  next: Uint8Array,
  type = "x",
): Uint8Array {
  const list = Array.isArray(records) ? (records as [string, string][]) : Object.entries(records);
  const body = Buffer.concat(
    list.map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as string), Buffer.from("\n")]);
      let length = rest.length + 1;
      while (String(length).length + rest.length !== length) length++;
      return Buffer.concat([Buffer.from(String(length)), rest]);
    }),
  );
  return Buffer.concat([member({ name: "PaxHeader/x", type, content: body }), next]);
}
