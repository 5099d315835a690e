// What strip.js needs of session.js and keys.js, on the admin's pages, which have no other shortcuts and are left by links.
globalThis.earmarkKey = ({ key }) => key;
globalThis.earmarkSession = {
  // Returns the parsed JSON, or null when the response is an error, such as for somebody who has signed out meanwhile.
  async getJson(url) {
    const response = await fetch(url, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    return response.ok ? response.json() : null;
  },
};
