// The play queue: which tracks are played, in which order. It knows nothing of sound or pages.
//
// A track is {url, href, title, artist, artist_href, genre, css, cover, tile}. `more` is the address that returns the tracks after the last one, or null.
class PlayQueue {
  static MAX_TRACKS = 1000;

  static LAST = 1_000_000; // tracks that shall come last have numbers from here on

  constructor({ tracks = [], position = 0, more = null, shuffled = false, repeat = "off" } = {}) {
    this.tracks = tracks.map((track, number) => ({ number, ...track }));
    Object.assign(this, { position, more, shuffled, repeat });
  }

  get current() {
    return this.tracks[this.position];
  }

  add(tracks) {
    const room = Math.max(PlayQueue.MAX_TRACKS - this.tracks.length, 0);
    const isInList = ({ number }) => number < PlayQueue.LAST;
    const start = Math.floor(Math.max(-1, ...this.tracks.filter(isInList).map((track) => track.number))) + 1;
    const fresh = tracks.slice(0, room).map((track, i) => ({ ...track, number: start + i }));
    this.tracks.splice(Math.max(this.tracks.findLastIndex(isInList), this.position) + 1, 0, ...fresh);
    if (this.shuffled) this.#shuffleUpcoming();
    if (this.tracks.length >= PlayQueue.MAX_TRACKS) this.more = null;
  }

  // Puts a track right behind the current one.
  addNext(track) {
    const { number } = this.current;
    const next = Math.min(number + 2, ...this.tracks.map((one) => one.number).filter((one) => one > number));
    this.tracks.splice(this.position + 1, 0, { ...track, number: (number + next) / 2 });
    if (this.tracks.length > PlayQueue.MAX_TRACKS) this.tracks.pop();
  }

  // Puts a track behind all others, also behind those that are still to be fetched.
  addLast(track) {
    if (this.tracks.length >= PlayQueue.MAX_TRACKS) return;
    this.tracks.push({ ...track, number: Math.max(PlayQueue.LAST, ...this.tracks.map((one) => one.number + 1)) });
  }

  // Returns the position `step` after the current one (before it, if negative), or null at an end of the queue.
  neighbour(step) {
    const to = this.position + step;
    if (to >= 0 && to < this.tracks.length) return to;
    return this.repeat === "all" && this.tracks.length ? (to + this.tracks.length) % this.tracks.length : null;
  }

  remove(position) {
    this.tracks.splice(position, 1);
    if (position < this.position || this.position >= this.tracks.length) this.position = Math.max(this.position - 1, 0);
  }

  // Shuffles the tracks after the current one, or restores the original order.
  shuffle(on) {
    this.shuffled = on;
    if (on) return this.#shuffleUpcoming();
    const { current } = this;
    this.tracks.sort((a, b) => a.number - b.number);
    this.position = Math.max(this.tracks.indexOf(current), 0);
  }

  // Shuffles all tracks, to be played from the first.
  shuffleAll() {
    const chosen = Math.floor(Math.random() * this.tracks.length);
    [this.tracks[0], this.tracks[chosen]] = [this.tracks[chosen], this.tracks[0]];
    this.position = 0;
    this.shuffle(true);
  }

  cycleRepeat() {
    this.repeat = { off: "all", all: "one", one: "off" }[this.repeat];
  }

  #shuffleUpcoming() {
    for (let i = this.tracks.length - 1; i > this.position + 1; i--) {
      const j = this.position + 1 + Math.floor(Math.random() * (i - this.position));
      [this.tracks[i], this.tracks[j]] = [this.tracks[j], this.tracks[i]];
    }
  }
}
