// One state object. Its serialisation is the address; every part subscribes to keys.

export class Store {
  constructor(initial) {
    this.state = initial;
    this.watchers = [];
  }

  get(key) {
    return this.state[key];
  }

  // Calls `then(state, changed keys)` after a change of any of the keys.
  watch(keys, then) {
    this.watchers.push({ keys: new Set(keys), then });
  }

  set(changes) {
    const changed = Object.keys(changes).filter(
      (key) => JSON.stringify(this.state[key]) !== JSON.stringify(changes[key]),
    );
    if (!changed.length) return;
    this.state = { ...this.state, ...changes };
    for (const { keys, then } of this.watchers) {
      if (changed.some((key) => keys.has(key))) then(this.state, changed);
    }
  }
}
