(function () {
  if (window.__audit) { return window.__audit; }
  var shown = function (e) { return e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && e.getClientRects().length > 0; };
  var name = function (e) { return e.tagName.toLowerCase() + (e.className ? "." + e.className : "") + " " + JSON.stringify((e.textContent || e.name || "").trim().slice(0, 60)); };
  var parse = function (c) {
    var canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
    var d = canvas.getImageData(0, 0, 1, 1).data;
    return [d[0], d[1], d[2], d[3] / 255];
  };
  var known = {};
  var colour = function (c) { return known[c] || (known[c] = parse(c)); };
  var over = function (a, b) { return [0, 1, 2].map(function (i) { return a[i] * a[3] + b[i] * (1 - a[3]); }).concat(1); };
  var behind = function (e) {
    var layers = [];
    for (; e; e = e.parentElement) {
      var c = colour(getComputedStyle(e).backgroundColor);
      layers.push(c);
      if (c[3] === 1) { break; }
    }
    return layers.reverse().reduce(function (below, c) { return over(c, below); }, colour(matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#fff"));
  };
  var light = function (c) {
    var l = [0, 1, 2].map(function (i) { var v = c[i] / 255; return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); });
    return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
  };
  var contrast = function (a, b) { var x = light(a), y = light(b); return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
  var list = function (q) { return Array.prototype.slice.call(document.querySelectorAll(q)); };
  var judge = function (e, pseudo, bad) {
    var b = behind(e), ratio = contrast(over(colour(getComputedStyle(e, pseudo).color), b), b);
    if (ratio < 4.5 && bad.length < 20) { bad.push(ratio.toFixed(2) + " " + name(e) + (pseudo || "")); }
  };
  var pending = [];
  window.__audit = {
    wide: function () {
      return list("body *").filter(function (e) { return shown(e) && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1; }).slice(0, 10).map(name);
    },
    pale: function () {
      list("details").forEach(function (d) { d.open = true; });
      var bad = [], seen = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        var e = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || seen.has(e) || !shown(e)) { continue; }
        seen.add(e);
        judge(e, null, bad);
      }
      list("td, input, textarea, select, button").filter(shown).forEach(function (f) {
        judge(f, null, bad);
        ["::before", "::placeholder"].forEach(function (p) { judge(f, p, bad); });
      });
      if (seen.size === 0) { bad.push("no text was seen"); }
      return bad;
    },
    controls: function () {
      pending = list("a[href], button, select, input:not([type=hidden]), textarea, summary, [tabindex]").filter(function (e) { return shown(e) && !e.disabled; });
      return pending.length;
    },
    visit: function () {
      var e = document.activeElement, s = getComputedStyle(e), i = pending.indexOf(e);
      if (i >= 0 && s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 && e.matches(":focus-visible")) { pending.splice(i, 1); }
      return pending.length === 0;
    },
    unvisited: function () { return pending.slice(0, 20).map(name); }
  };
  return window.__audit;
})()
