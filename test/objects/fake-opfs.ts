/** The browser's private files in memory, as far as a store needs them: writes appear when they are closed. */
type Options = { move: boolean; quota: number };

class FakeFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  readonly #folder: FakeFolder;
  readonly #options: Options;
  move?: (name: string) => Promise<void>;

  constructor(name: string, folder: FakeFolder, options: Options) {
    this.name = name;
    this.#folder = folder;
    this.#options = options;
    if (options.move) {
      this.move = async (to) => {
        this.#folder.files.delete(this.name);
        this.name = to;
        this.#folder.files.set(to, this);
      };
    }
  }

  async getFile(): Promise<Blob> {
    return new Blob([this.bytes]);
  }

  async createWritable(): Promise<WritableStream<Uint8Array<ArrayBuffer>>> {
    let parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    const write = async (chunk: Uint8Array<ArrayBuffer>): Promise<void> => {
      size += chunk.length;
      if (size > this.#options.quota) throw new DOMException("no room", "QuotaExceededError");
      parts.push(chunk.slice());
    };
    const close = async (): Promise<void> => {
      this.bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    };
    const stream = new WritableStream<Uint8Array<ArrayBuffer>>({ write, close });
    return Object.assign(stream, {
      write,
      close,
      abort: async () => {
        parts = [];
      },
    });
  }
}

export class FakeFolder {
  readonly files: Map<string, FakeFile> = new Map();
  readonly folders: Map<string, FakeFolder> = new Map();
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  async getDirectoryHandle(name: string): Promise<FakeFolder> {
    if (!this.folders.has(name)) this.folders.set(name, new FakeFolder(this.#options));
    return this.folders.get(name)!;
  }

  async getFileHandle(name: string, { create = false }: { create?: boolean } = {}): Promise<FakeFile> {
    if (!this.files.has(name)) {
      if (!create) throw new DOMException("none", "NotFoundError");
      this.files.set(name, new FakeFile(name, this, this.#options));
    }
    return this.files.get(name)!;
  }

  async removeEntry(name: string): Promise<void> {
    if (!this.files.delete(name)) throw new DOMException("none", "NotFoundError");
  }

  async *keys(): AsyncGenerator<string> {
    yield* [...this.files.keys()];
  }
}
