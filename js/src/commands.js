// What a person does that the kernel carries out, and what is said of it in the view.

import { download, pictureOf } from "./graph/answers.js";
import { confirmIn } from "./common/dialog.js";
import { counted } from "./common/dom.js";
import { MergeDialog } from "./versions/merge_dialog.js";

export class Commands {
  /** @param view Whose commands: they are sent by its desk, and show what they did in its parts. */
  constructor(view) {
    this.view = view;
  }

  /** Send a command; what goes wrong is shown in the view. */
  run(name, args = {}) {
    return this.attempt(this.view.desk.ask(name, args));
  }

  async attempt(promise) {
    const { notices } = this.view;
    notices.clear();
    try {
      return await promise;
    } catch (error) {
      if (error.kind !== "Stopped") notices.error(error.message);
      return null;
    }
  }

  // -- what is shown ----------------------------------------------------------------------------

  live() {
    return this.run("live");
  }

  /** Change what is shown, and say how much it is. */
  async narrow(name, args) {
    const counts = await this.run(name, args);
    if (!counts) return;
    const { shown, total, added } = counts;
    const more = added ? `${counted(added.length, "more node")}; ` : "";
    this.view.notices.say(`${more}${shown.toLocaleString("en")} of ${counted(total, "entity", "entities")} shown`);
  }

  /** Mark what differs between a version and what is shown, or the present. */
  async compare(version, live = false) {
    if (live) await this.live();
    await this.attempt(this.view.compare.start(version));
  }

  /** Mark in the graph what changed from one position in the log to another. */
  async markRange(from, to) {
    if (await this.run(to >= this.view.meta.seq ? "live" : "at", { seq: to })) {
      await this.attempt(this.view.compare.start({ id: null, seq: from, label: `event ${from}` }));
    }
  }

  savePicture() {
    const saved = async () => download(await pictureOf(this.view.graph, 2), "graph.png");
    return this.attempt(saved());
  }

  // -- versions ---------------------------------------------------------------------------------

  async commit(description) {
    const { bar } = this.view;
    bar.busy(true);
    const version = await this.run("commit", { description });
    bar.busy(false);
    if (version) bar.input.value = "";
    else bar.input.focus();
  }

  async restore(version) {
    const { meta, root } = this.view;
    const changes = meta.uncommitted;
    const also = changes
      ? ` ${counted(changes, "uncommitted change")} will no longer be in effect, yet stay in the log.`
      : "";
    const sure = await confirmIn(root, {
      title: `Restore ${version.label}?`,
      text: `A new version equal to ${version.label} is added; no version is deleted.${also}`,
      action: `Restore ${version.label}`,
    });
    if (sure) await this.run("rollback", version.id ? { version: version.id } : { seq: version.seq });
  }

  /** Those of branches and tags; what goes wrong is shown by who asks. */
  get branches() {
    const { desk } = this.view;
    return {
      refs: () => desk.ask("refs"),
      switch: (name) => desk.ask("switch", { name }),
      create: (name) => desk.ask("create_branch", { name }),
      tag: async (name) => {
        const { label } = await desk.ask("tag", { name });
        this.view.notices.say(`${label} is tagged ${name}`);
      },
      merge: (name) => this.#merge(name),
    };
  }

  #merge(source) {
    const { desk, meta, notices, root } = this.view;
    new MergeDialog(root, desk, source, meta.branch, {
      merged: ({ label }) => notices.say(`${source} is merged: ${label}`),
    });
  }
}
